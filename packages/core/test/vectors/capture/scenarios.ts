import { type Haproxy, type HaproxyVersion, request } from '@spoa/testing';
import type { Answers, RecordingAgent } from './recording-agent.ts';

/** One thing to record: a configuration, the agent's answers, and what has to happen. */
export interface Scenario {
  name: string;
  /** The lines that have it. @default all */
  lines?: readonly HaproxyVersion[];
  /** What stands in the section `spoe-agent` besides the backend and the timeouts. */
  agent: readonly string[];
  /** The rest of the SPOE file. */
  messages: readonly string[];
  /** What stands in the frontend besides the filter. */
  frontend?: readonly string[];
  /** What stands in the backend of the agent. */
  backend?: readonly string[];
  answers: Answers;
  /** Makes it happen, and returns what is worth keeping of what HAProxy did with the answers. */
  run(haproxy: Haproxy, agent: RecordingAgent): Promise<Record<string, string>>;
}

const APPLET_LINES = ['2.6', '3.0'] as const;

const VERSION = '07 76657273696f6e 08 03 322e30';
const MAX_FRAME_SIZE = '0e 6d61782d6672616d652d73697a65 03 fcf006';
const CAPABILITIES = '0c 6361706162696c6974696573';
const HELLO = {
  plain: `00000036 65 00000001 00 00 ${VERSION} ${MAX_FRAME_SIZE} ${CAPABILITIES} 08 00`,
  pipelining: `00000040 65 00000001 00 00 ${VERSION} ${MAX_FRAME_SIZE} ${CAPABILITIES} 08 0a 706970656c696e696e67`,
  // max-frame-size 256, so that little is enough for many fragments.
  fragmentation: `
    00000042 65 00000001 00 00 ${VERSION}
    0e 6d61782d6672616d652d73697a65 03 f001
    ${CAPABILITIES} 08 0d 667261676d656e746174696f6e`,
  version99: `00000036 65 00000001 00 00 07 76657273696f6e 08 03 392e39 ${MAX_FRAME_SIZE} ${CAPABILITIES} 08 00`,
};

/** A set-var of each type, one in each scope that a request can use, and an unset-var. */
const EVERY_ACTION = `
  01 03 02 04 74727565 11
  01 03 02 05 66616c7365 01
  01 03 02 05 696e743332 02 fff0fefefefefefefe0e
  01 03 02 06 75696e743332 03 fff0fefe7e
  01 03 02 05 696e743634 04 f0f1fefefefefefefe06
  01 03 02 06 75696e743634 05 fff0fefefefefefefe0e
  01 03 02 04 69707634 06 c0000201
  01 03 02 04 69707636 07 20010db8000000000000000000000001
  01 03 02 06 737472696e67 08 07 7ac3bc72696368
  01 03 02 06 62696e617279 09 03 00ff7f
  01 03 02 04 6e756c6c 08 01 78
  01 03 02 04 6e756c6c 00
  01 03 02 04 676f6e65 08 01 78
  02 02 02 04 676f6e65
  01 03 00 05 73636f7065 08 04 70726f63
  01 03 01 05 73636f7065 08 04 73657373
  01 03 02 05 73636f7065 08 03 74786e
  01 03 03 05 73636f7065 08 03 726571`;

const SHOWN = [
  ...['true', 'false', 'int32', 'uint32', 'int64', 'uint64', 'ipv4', 'ipv6', 'string', 'null', 'gone'].map((name) => [
    name,
    `var(txn.p.${name})`,
  ]),
  ['binary', 'var(txn.p.binary),hex'],
  ...['proc', 'sess', 'txn', 'req'].map((scope) => [scope, `var(${scope}.p.scope)`]),
] as const;

async function headersOf(haproxy: Haproxy, options: Parameters<typeof request>[1]): Promise<Record<string, string>> {
  const { headers } = await request(haproxy, options);
  const shown = Object.entries(headers).filter(([name]) => name.startsWith('x-'));
  // Node.js takes the bytes of a header for Latin-1.
  return Object.fromEntries(shown.map(([name, value]) => [name, Buffer.from(String(value), 'latin1').toString()]));
}

const SIMPLE_MESSAGE = ['spoe-message simple', '  args src', '  event on-frontend-http-request'];

function helloWith(name: string, agent: readonly string[], lines?: readonly HaproxyVersion[]): Scenario {
  return {
    name,
    ...(lines && { lines }),
    agent: ['messages simple', ...agent],
    messages: SIMPLE_MESSAGE,
    answers: { hello: agent.includes('no option pipelining') ? HELLO.plain : HELLO.pipelining, actions: '' },
    run: (haproxy) => headersOf(haproxy, {}),
  };
}

export const SCENARIOS: readonly Scenario[] = [
  helloWith('hello', []),
  helloWith('hello without pipelining', ['no option pipelining']),
  helloWith('hello without async', ['no option async'], APPLET_LINES),
  helloWith('hello without pipelining and async', ['no option pipelining', 'no option async'], APPLET_LINES),
  {
    name: 'health check',
    agent: ['messages simple'],
    messages: SIMPLE_MESSAGE,
    backend: ['option spop-check', 'server agent 127.0.0.1:{{port:agent}} check inter 1h'],
    answers: { hello: HELLO.plain, actions: '' },
    async run(haproxy, agent) {
      await agent.received(1);
      for (;;) {
        const [header = '', row = ''] = (await haproxy.cli('show stat agents 4 -1')).split('\n');
        const status = row.split(',')[header.split(',').indexOf('check_status')] ?? '';
        if (status !== '' && !status.startsWith('*') && status !== 'INI') return { status };
      }
    },
  },
  {
    name: 'every type of sample',
    agent: ['messages integers others texts absent'],
    messages: [
      'spoe-message integers',
      '  args zero=int(0) one=int(1) minus-one=int(-1) minus-two=int(-2)',
      '  args b239=int(239) b240=int(240) b2287=int(2287) b2288=int(2288) b264432=int(264432)',
      '  args int32-max=int(2147483647) int32-over=int(2147483648) int32-min=int(-2147483648)',
      '  args uint32-max=int(4294967295) safe=int(9007199254740991) unsafe=int(9007199254740992)',
      '  args unsafe-minus=int(-9007199254740992) int64-max=int(9223372036854775807)',
      '  args int64-low=int(-9223372036854775807)',
      '  event on-frontend-http-request',
      'spoe-message others',
      '  args true=bool(true) false=bool(false)',
      '  args ipv4=ipv4(192.0.2.1) ipv6=ipv6(2001:db8::1) src=src',
      '  args bin=bin(00ff7f80) method=method',
      '  event on-frontend-http-request',
      'spoe-message texts',
      '  args str=str(hello) utf8=req.hdr(x-utf8) raw=req.hdr(x-raw) empty=req.hdr(x-empty)',
      '  args s240=req.hdr(x-240) path=path body=req.body headers=req.hdrs_bin',
      '  event on-frontend-http-request',
      'spoe-message absent',
      '  args absent=req.hdr(x-absent) int(7) str(unnamed) req.hdr(x-absent) int(8)',
      '  event on-frontend-http-request',
    ],
    frontend: [
      'option http-buffer-request',
      // Otherwise nothing would declare the variable of the process.
      'http-request set-var(proc.p.scope) str(declared) if { path /declare }',
      `http-request return status 200 ${SHOWN.map(([name, sample]) => `hdr x-${name} "%[${sample}]"`).join(' ')}`,
    ],
    answers: { hello: HELLO.pipelining, actions: EVERY_ACTION },
    run: (haproxy) =>
      headersOf(haproxy, {
        method: 'PURGE',
        path: '/a%20path?query=1',
        host: 'example.test',
        headers: {
          'x-utf8': Buffer.from('zürich').toString('latin1'),
          'x-raw': '\xff\x80a\xc3',
          'x-empty': '',
          'x-240': 'x'.repeat(240),
        },
        // Bytes: before a body of text Node.js writes the headers in its encoding, UTF-8.
        body: Buffer.from('body '.repeat(500)),
      }),
  },
  {
    name: 'several messages',
    agent: ['messages first second third skipped', 'groups group'],
    messages: [
      'spoe-message first',
      '  args a=int(1)',
      '  event on-frontend-http-request',
      'spoe-message second',
      '  event on-frontend-http-request',
      'spoe-message third',
      '  args a=int(1) a=int(2) str(unnamed) a=str(three)',
      '  event on-frontend-http-request',
      'spoe-message skipped',
      '  args a=int(1)',
      '  event on-frontend-http-request if { path /never }',
      'spoe-message of-the-group',
      '  args path=path',
      'spoe-message also-of-the-group',
      '  args src=src',
      'spoe-group group',
      '  messages of-the-group also-of-the-group',
    ],
    frontend: ['http-request send-spoe-group e group', 'http-request return status 200'],
    answers: { hello: HELLO.pipelining, actions: '' },
    run: (haproxy) => headersOf(haproxy, { path: '/group' }),
  },
  {
    name: 'two events of one request, twice',
    agent: ['messages frontend backend'],
    messages: [
      'spoe-message frontend',
      '  args path=path',
      '  event on-frontend-http-request',
      'spoe-message backend',
      '  args method=method',
      '  event on-backend-http-request',
    ],
    frontend: ['default_backend web'],
    answers: { hello: HELLO.pipelining, actions: '' },
    async run(haproxy, agent) {
      await headersOf(haproxy, { path: '/one' });
      await headersOf(haproxy, { path: '/two' });
      await agent.received(3, 4);
      return {};
    },
  },
  ...[255, 256].map(
    (count): Scenario => ({
      name: `${count} arguments`,
      agent: ['messages many'],
      messages: [
        'spoe-message many',
        ...Array.from({ length: count }, (_, i) => `  args a${i}=int(${i})`),
        '  event on-frontend-http-request',
      ],
      answers: { hello: HELLO.pipelining, actions: '' },
      run: (haproxy) => headersOf(haproxy, {}),
    }),
  ),
  {
    name: 'fragments',
    lines: APPLET_LINES,
    agent: ['messages large', 'max-frame-size 256'],
    messages: [
      'spoe-message large',
      '  args before=int(1) body=req.body after=str(end)',
      '  event on-frontend-http-request',
    ],
    frontend: ['option http-buffer-request', 'http-request return status 200 hdr x-err "%[var(txn.p.err)]"'],
    answers: { hello: HELLO.fragmentation, actions: '' },
    run: (haproxy) => headersOf(haproxy, { method: 'POST', body: 'fragment '.repeat(100) }),
  },
  {
    name: 'soft stop',
    lines: APPLET_LINES,
    agent: ['messages simple'],
    messages: SIMPLE_MESSAGE,
    answers: { hello: HELLO.pipelining, actions: '' },
    async run(haproxy, agent) {
      await headersOf(haproxy, {});
      const stopped = haproxy.stop({ softMs: 5000 });
      await agent.received(2);
      await stopped;
      return {};
    },
  },
  {
    name: 'idle',
    lines: APPLET_LINES,
    agent: ['messages simple', 'timeout idle 200ms'],
    messages: SIMPLE_MESSAGE,
    answers: { hello: HELLO.pipelining, actions: '' },
    async run(haproxy, agent) {
      await headersOf(haproxy, {});
      await agent.received(2);
      return {};
    },
  },
  {
    name: 'max-frame-size above the announced one',
    agent: ['messages simple', 'max-frame-size 1000'],
    messages: SIMPLE_MESSAGE,
    answers: { hello: HELLO.pipelining, actions: '' },
    async run(haproxy, agent) {
      const shown = await headersOf(haproxy, {});
      await agent.received(2);
      return shown;
    },
  },
  {
    name: 'unsupported version',
    agent: ['messages simple'],
    messages: SIMPLE_MESSAGE,
    answers: { hello: HELLO.version99, actions: '' },
    async run(haproxy, agent) {
      const shown = await headersOf(haproxy, {});
      await agent.received(2);
      return shown;
    },
  },
];
