import { describe, expect, test } from 'vitest';
import { selfSigned } from '../../../core/test/agent/support/certificate.ts';
import {
  type AgentDescription,
  check,
  generate,
  HAPROXY_VERSIONS,
  HaproxyConfigError,
  type MessageDescription,
  serverAt,
} from '../../src/haproxy/index.ts';
import { haproxyCheck } from './support/accepts.ts';
import { AGENT, REPUTATION, SHAPES } from './support/shapes.ts';

const { key, cert } = selfSigned();

describe.each(HAPROXY_VERSIONS)('HAProxy %s', (version) => {
  test.each(Object.entries(SHAPES))('takes what is made for: %s', async (_, description) => {
    const { files } = generate(description, version);
    const verdict = await haproxyCheck(version, { ...files, 'ca.pem': cert, 'client.pem': `${cert}\n${key}` });
    expect(verdict.complaints, `${files['haproxy.cfg']}\n${files['spoe.conf']}\n${verdict.output}`).toEqual([]);
    expect(verdict.accepted).toBe(true);
  });

  test.each(Object.entries(SHAPES))('check has nothing to say about what is made for: %s', (_, description) => {
    const { files } = generate(description, version);
    const own = {
      haproxy: [{ file: 'haproxy.cfg', text: files['haproxy.cfg'] }],
      spoe: [{ file: 'spoe.conf', text: files['spoe.conf'] }],
    };
    expect(check(description, own, version)).toEqual([]);
  });

  test('the fragments are what the whole file is made of', () => {
    const { fragments, files } = generate(AGENT, version);
    for (const fragment of Object.values(fragments)) expect(files['haproxy.cfg']).toContain(fragment);
  });

  test('a path for the spoe file stands in the filter line, with quotes where it needs them', () => {
    const { fragments } = generate(AGENT, version, { spoeFile: '/etc/my agents/spoe.conf' });
    expect(fragments.filter).toContain("filter spoe engine ip-reputation config '/etc/my agents/spoe.conf'");
  });
});

test('HAProxy waits longer than the longest deadline, or as long as is said', () => {
  const timeoutOf = (agent: Partial<AgentDescription>): string | undefined => {
    const spoe = generate({ ...AGENT, ...agent }, '3.2').files['spoe.conf'];
    return /timeout processing (\S+)/.exec(spoe)?.[1];
  };
  const slow = { ...REPUTATION, name: 'slow', deadlineMs: 300 };
  const { deadlineMs: _, ...unlimited } = REPUTATION;
  expect(timeoutOf({ messages: [REPUTATION, slow] })).toBe('350ms');
  expect(timeoutOf({ messages: [unlimited] })).toBe('500ms');
  expect(timeoutOf({ timeouts: { processingMs: 2000 } })).toBe('2s');
});

test('a message that may set more than its code tells is named beside the rules', () => {
  const rulesOf = (...messages: MessageDescription[]): string =>
    generate({ ...AGENT, messages }, '3.2').fragments.rules;
  expect(rulesOf(REPUTATION)).not.toContain('`returns`');
  const rules = rulesOf(REPUTATION, { ...REPUTATION, name: 'verdict', variables: [], open: true });
  expect(rules).toMatch(/known from their code: verdict\.\n.*`returns` of @SpoeMessage/);
});

test('everything that is missing is listed at once', () => {
  const description: AgentDescription = {
    engine: 'a b',
    variablePrefix: 'p-q',
    maxFrameSize: 255,
    timeouts: { processingMs: 30 },
    messages: [
      {
        name: 'm',
        deadlineMs: 30,
        condition: "{ path '/a }",
        arguments: [
          { name: 'ip' },
          { name: 5, sample: 'src' },
          { name: 'a=b', sample: 'src' },
          { name: 'c', sample: 'a\nb' },
        ],
        variables: [{ scope: 'transaction', name: 'x'.repeat(60) }],
      },
      { name: 'm', event: 'on-http-request' as never, arguments: [], variables: [{ scope: 'process', name: 'a-b' }] },
    ],
  };
  const error = (() => {
    try {
      return generate(description, '3.2');
    } catch (thrown) {
      return thrown;
    }
  })();
  expect(error).toBeInstanceOf(HaproxyConfigError);
  expect((error as HaproxyConfigError).code).toBe('SPOA_HAPROXY_DESCRIPTION');
  expect((error as HaproxyConfigError).faults.map(({ where, problem }) => `${where}: ${problem}`)).toEqual([
    'engine: HAProxy refuses the name "a b"',
    'variablePrefix: HAProxy refuses "p-q"',
    'servers: there is none',
    'maxFrameSize: SPOP has no frames of 255 bytes',
    'timeouts.processingMs: HAProxy would give up after 30 ms, before the deadline of 30 ms',
    'message m: its condition cannot stand on one line',
    `message m: txn.p-q.${'x'.repeat(60)} has 68 bytes, HAProxy holds 63`,
    'message m: it is there twice',
    'message m: there is no event on-http-request',
    'message m: HAProxy refuses the variable "a-b"',
    'message m, argument ip: nothing says what fills it',
    'message m, argument a=b: HAProxy cannot send this name',
    'message m, argument c: its sample is not one line',
    'message m, argument 5: nothing fills the positions before it',
  ]);
  expect((error as Error).message).toContain("give it a sample: @Arg('name', { sample: 'src' })");
});

test('256 arguments are more than a message holds', () => {
  const many = Array.from({ length: 256 }, (_, i) => ({ name: `a${i}`, sample: 'src' }));
  expect(() => generate({ ...AGENT, messages: [{ ...REPUTATION, arguments: many }] }, '3.2')).toThrow(
    'it has 256 arguments',
  );
});

test('what listens on this machine is a server on this machine', () => {
  const at = (address: string) => serverAt({ address, port: 1, family: 'IPv4' });
  expect(['0.0.0.0', '::', '127.0.0.2', '::1'].map(at)).toEqual([
    { host: '127.0.0.1', port: 1 },
    { host: '::1', port: 1 },
    { host: '127.0.0.2', port: 1 },
    { host: '::1', port: 1 },
  ]);
  expect(serverAt({ path: '/run/a.sock' })).toEqual({ path: '/run/a.sock' });
});
