import { describe, expect, test } from 'vitest';
import {
  decodeActions,
  decodeAgentHello,
  decodeDisconnect,
  decodeFrame,
  decodeHaproxyHello,
  decodeMessages,
  encodeAck,
  encodeAgentDisconnect,
  encodeAgentHello,
  encodeFrame,
  encodeHaproxyDisconnect,
  encodeHaproxyHello,
  encodeNotify,
  type Frame,
  FrameFlag,
  FrameSplitter,
  FrameType,
  type HaproxyHello,
  Reassembly,
  type Scope,
  SpoaError,
} from '../../src/index.ts';
import { type Capture, framesFrom, recordings } from '../vectors/recordings.ts';
import { bytesOf, readable, typeName, type VectorValue, writable } from '../vectors/vector-values.ts';

/* What the recordings of vectors/haproxy-*.json mean, written by hand from the configurations that made them. */

interface ExpectedMessage {
  name: string;
  args: [name: string, value: VectorValue][];
}

type ExpectedAction = [scope: Scope, name: string, value?: VectorValue];

const ENGINE_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
/** Up to 3.0 HAProxy's side is an applet, from 3.1 on a multiplexer. */
const isApplet = (line: string): boolean => line === '2.6' || line === '3.0';

const simple: ExpectedMessage[] = [{ name: 'simple', args: [['', { ipv4: '127.0.0.1' }]] }];
const int = (value: number | string): VectorValue => ({ int64: String(value) });

/** The layout of `req.hdrs_bin`: pairs of strings, the last of them empty. */
function headers(...pairs: [name: string, value: Buffer][]): VectorValue {
  const text = (bytes: Buffer): Buffer =>
    Buffer.concat([bytes.length < 240 ? Buffer.of(bytes.length) : Buffer.of(0xf0, bytes.length - 240), bytes]);
  const all: [string, Buffer][] = [...pairs, ['', Buffer.alloc(0)]];
  const bytes = Buffer.concat(all.flatMap(([name, value]) => [text(Buffer.from(name)), text(value)]));
  return { binary: bytes.toString('hex') };
}

const everyType: ExpectedMessage[] = [
  {
    name: 'integers',
    args: [
      ['zero', int(0)],
      ['one', int(1)],
      ['minus-one', int(-1)],
      ['minus-two', int(-2)],
      ['b239', int(239)],
      ['b240', int(240)],
      ['b2287', int(2287)],
      ['b2288', int(2288)],
      ['b264432', int(264432)],
      ['int32-max', int(2147483647)],
      ['int32-over', int(2147483648)],
      ['int32-min', int(-2147483648)],
      ['uint32-max', int(4294967295)],
      ['safe', int('9007199254740991')],
      ['unsafe', int('9007199254740992')],
      ['unsafe-minus', int('-9007199254740992')],
      ['int64-max', int('9223372036854775807')],
      ['int64-low', int('-9223372036854775807')],
    ],
  },
  {
    name: 'others',
    args: [
      ['true', { boolean: true }],
      ['false', { boolean: false }],
      ['ipv4', { ipv4: '192.0.2.1' }],
      ['ipv6', { ipv6: '2001:db8::1' }],
      ['src', { ipv4: '127.0.0.1' }],
      ['bin', { binary: '00ff7f80' }],
      // A sample of the type method is a string on the wire, known to HAProxy or not.
      ['method', { string: 'PURGE' }],
    ],
  },
  {
    name: 'texts',
    args: [
      ['str', { string: 'hello' }],
      ['utf8', { string: 'zürich' }],
      ['raw', { stringBytes: 'ff8061c3' }],
      ['empty', { string: '' }],
      ['s240', { string: 'x'.repeat(240) }],
      ['path', { string: '/a%20path' }],
      ['body', { binary: Buffer.from('body '.repeat(500)).toString('hex') }],
      [
        'headers',
        headers(
          ['x-utf8', Buffer.from('zürich')],
          ['x-raw', Buffer.from('ff8061c3', 'hex')],
          ['x-empty', Buffer.alloc(0)],
          ['x-240', Buffer.alloc(240, 'x')],
          ['host', Buffer.from('example.test')],
          ['content-length', Buffer.from('2500')],
        ),
      ],
    ],
  },
  {
    name: 'absent',
    args: [
      ['absent', { null: true }],
      ['', int(7)],
      ['', { string: 'unnamed' }],
      ['', { null: true }],
      ['', int(8)],
    ],
  },
];

/** What the agent set in the scenario "every type of sample". */
const everyAction: ExpectedAction[] = [
  ['transaction', 'true', { boolean: true }],
  ['transaction', 'false', { boolean: false }],
  ['transaction', 'int32', { int32: '-1' }],
  ['transaction', 'uint32', { uint32: '4294967295' }],
  ['transaction', 'int64', { int64: '-9223372036854775808' }],
  ['transaction', 'uint64', { uint64: '18446744073709551615' }],
  ['transaction', 'ipv4', { ipv4: '192.0.2.1' }],
  ['transaction', 'ipv6', { ipv6: '2001:db8::1' }],
  ['transaction', 'string', { string: 'zürich' }],
  ['transaction', 'binary', { binary: '00ff7f' }],
  ['transaction', 'null', { string: 'x' }],
  ['transaction', 'null', { null: true }],
  ['transaction', 'gone', { string: 'x' }],
  ['transaction', 'gone'],
  ['process', 'scope', { string: 'proc' }],
  ['session', 'scope', { string: 'sess' }],
  ['transaction', 'scope', { string: 'txn' }],
  ['request', 'scope', { string: 'req' }],
];

/** What HAProxy's rules then read. Neither of the variables that were unset makes a header. */
const everyVariable = {
  'x-true': '1',
  'x-false': '0',
  'x-int32': '-1',
  'x-uint32': '4294967295',
  'x-int64': '-9223372036854775808',
  'x-uint64': '-1',
  'x-ipv4': '192.0.2.1',
  'x-ipv6': '2001:db8::1',
  'x-string': 'zürich',
  'x-binary': '00FF7F',
  'x-proc': 'proc',
  'x-sess': 'sess',
  'x-txn': 'txn',
  'x-req': 'req',
};

const twoEvents = (path: string): ExpectedMessage[][] => [
  [{ name: 'frontend', args: [['path', { string: path }]] }],
  [{ name: 'backend', args: [['method', { string: 'GET' }]] }],
];

const large: ExpectedMessage = {
  name: 'large',
  args: [
    ['before', int(1)],
    ['body', { binary: Buffer.from('fragment '.repeat(100)).toString('hex') }],
    ['after', { string: 'end' }],
  ],
};

/** What stands in the NOTIFYs of a scenario, in the order of HAProxy's events. */
const notifies: Record<string, ExpectedMessage[][]> = {
  hello: [simple],
  'hello without pipelining': [simple],
  'hello without async': [simple],
  'hello without pipelining and async': [simple],
  'health check': [],
  'every type of sample': [everyType],
  'several messages': [
    [
      { name: 'first', args: [['a', int(1)]] },
      { name: 'second', args: [] },
      {
        name: 'third',
        args: [
          ['a', int(1)],
          ['a', int(2)],
          ['', { string: 'unnamed' }],
          ['a', { string: 'three' }],
        ],
      },
    ],
    [
      { name: 'of-the-group', args: [['path', { string: '/group' }]] },
      { name: 'also-of-the-group', args: [['src', { ipv4: '127.0.0.1' }]] },
    ],
  ],
  'two events of one request, twice': [...twoEvents('/one'), ...twoEvents('/two')],
  '255 arguments': [[{ name: 'many', args: Array.from({ length: 255 }, (_, i) => [`a${i}`, int(i)]) }]],
  fragments: [[large]],
  'soft stop': [simple],
  idle: [simple],
  'max-frame-size above the announced one': [],
  'unsupported version': [],
};

/** What HAProxy says where it takes leave; in the other scenarios it is stopped and says "normal", or nothing from 3.1 on. */
const disconnects: Record<string, { statusCode: number; message: string }> = {
  idle: { statusCode: 2, message: 'a timeout occurred' },
  'max-frame-size above the announced one': { statusCode: 9, message: 'max-frame-size too big or too small' },
  'unsupported version': { statusCode: 8, message: 'unsupported version' },
};

const agentCapabilities: Record<string, string[]> = {
  'hello without pipelining': [],
  'hello without pipelining and async': [],
  'health check': [],
  fragments: ['fragmentation'],
  'unsupported version': [],
};

function expectedHello({ name, spoe }: Capture, line: string): Omit<HaproxyHello, 'engineId'> {
  const [, size] = spoe.map((text) => /max-frame-size (\d+)/.exec(text)).find((match) => match !== null) ?? [];
  const off = (capability: string): boolean => spoe.includes(`  no option ${capability}`);
  const known = isApplet(line) ? ['pipelining', 'async'] : ['pipelining'];
  const healthcheck = name === 'health check';
  return {
    supportedVersions: ['2.0'],
    maxFrameSize: Number(size ?? 16_380),
    capabilities: healthcheck ? [] : known.filter((capability) => !off(capability)),
    ...(healthcheck && { healthcheck }),
  };
}

/** The NOTIFYs among HAProxy's frames: header and whole payload, with the frames that made it. */
function notifiesIn(frames: readonly Buffer[]): { frame: Frame; bytes: Buffer[] }[] {
  const found: { frame: Frame; bytes: Buffer[] }[] = [];
  const reassembly = new Reassembly(100_000);
  let parts: Buffer[] = [];
  for (const bytes of frames) {
    const frame = decodeFrame(bytes);
    if (frame.type !== FrameType.NOTIFY && frame.type !== FrameType.UNSET) continue;
    const { type, streamId, frameId, payload } = frame;
    const fin = (frame.flags & FrameFlag.FIN) !== 0;
    parts.push(bytes);
    if (type === FrameType.NOTIFY && fin) found.push({ frame, bytes: parts });
    else if (type === FrameType.NOTIFY) reassembly.begin(streamId, frameId, payload);
    else {
      const whole = reassembly.add(streamId, frameId, payload, fin);
      if (whole !== undefined) found.push({ frame: { ...frame, payload: whole }, bytes: parts });
    }
    if (fin) parts = [];
  }
  expect(reassembly.open).toBe(false);
  return found;
}

const ofType = (frames: readonly Buffer[], type: number): Buffer[] => frames.filter((bytes) => bytes[4] === type);

function asWritable(messages: readonly ExpectedMessage[]) {
  return messages.map(({ name, args }) => ({
    name,
    args: args.map(([key, value]) => [key, writable(value)] as const),
  }));
}

test('there is a recording of every line that is supported', () => {
  expect(recordings.map(({ line }) => line)).toEqual(['2.6', '3.0', '3.2', '3.4']);
});

describe.each(recordings)('HAProxy $haproxy', ({ line, captures }) => {
  describe.each(captures)('$name', (capture) => {
    const fromHaproxy = framesFrom(capture, 'haproxy');
    const fromAgent = framesFrom(capture, 'agent');

    test('every HAPROXY-HELLO is read and written', () => {
      const hellos = ofType(fromHaproxy, FrameType.HAPROXY_HELLO);
      expect(hellos.length).toBeGreaterThan(0);
      for (const bytes of hellos) {
        const { payload, ...header } = decodeFrame(bytes);
        expect(header).toEqual({ type: 1, flags: 1, streamId: 0, frameId: 0 });
        const { engineId, ...hello } = decodeHaproxyHello(payload);
        const expected = expectedHello(capture, line);
        expect(hello).toEqual(expected);
        if (expected.healthcheck) expect(engineId).toBeUndefined();
        else expect(engineId).toMatch(ENGINE_ID);
        expect(encodeHaproxyHello({ ...expected, ...(engineId !== undefined && { engineId }) })).toEqual(bytes);
      }
    });

    test('so is what HAProxy says last', () => {
      const all = ofType(fromHaproxy, FrameType.HAPROXY_DISCONNECT);
      const expected = disconnects[capture.name] ?? { statusCode: 0, message: 'normal' };
      const leaves = isApplet(line) ? capture.name !== 'health check' : capture.name in disconnects;
      expect(all.length > 0).toBe(leaves);
      for (const bytes of all) {
        expect(decodeDisconnect(decodeFrame(bytes).payload)).toEqual(expected);
        expect(encodeHaproxyDisconnect(expected)).toEqual(bytes);
      }
    });

    test('what the agent answered by hand is what our encoders write', () => {
      for (const bytes of fromAgent) {
        const { type, payload, streamId, frameId } = decodeFrame(bytes);
        if (type === FrameType.AGENT_HELLO) {
          const version = capture.name === 'unsupported version' ? '9.9' : '2.0';
          const maxFrameSize = capture.name === 'fragments' ? 256 : 16_380;
          const hello = { version, maxFrameSize, capabilities: agentCapabilities[capture.name] ?? ['pipelining'] };
          expect(decodeAgentHello(payload)).toEqual(hello);
          expect(encodeAgentHello(hello)).toEqual(bytes);
        } else if (type === FrameType.AGENT_DISCONNECT) {
          expect(encodeAgentDisconnect({ statusCode: 0, message: 'normal' })).toEqual(bytes);
        } else {
          expect(type).toBe(FrameType.ACK);
          const actions = capture.name === 'every type of sample' ? everyAction : [];
          expect(decodeActions(payload)).toEqual(
            actions.map(([scope, name, value]) => {
              if (value === undefined) return { type: 'unset-var', scope, name };
              return { type: 'set-var', scope, name, value: readable(value) };
            }),
          );
          const written = actions.map(([scope, name, value]) => {
            if (value === undefined) return { type: 'unset-var', scope, name } as const;
            return { type: 'set-var', scope, name, value: writable(value) } as const;
          });
          expect(encodeAck({ streamId, frameId }, written)).toEqual(bytes);
        }
      }
    });

    // The one NOTIFY that cannot be read has a test of its own.
    const isReadable = capture.name !== '256 arguments';
    if (isReadable)
      test('every NOTIFY is read and written', () => {
        const expected = notifies[capture.name];
        expect(expected).toBeDefined();
        const found = notifiesIn(fromHaproxy);
        expect(found).toHaveLength((expected ?? []).length);
        for (const messages of expected ?? []) {
          // With several connections the order between them is not known: the bytes must be those of one that is left.
          const payload = Buffer.concat(encodeNotify({ streamId: 0, frameId: 0 }, asWritable(messages))).subarray(11);
          const at = found.findIndex(({ frame }) => frame.payload.equals(payload));
          expect(at, JSON.stringify(messages)).not.toBe(-1);
          const [{ frame, bytes }] = found.splice(at, 1) as [{ frame: Frame; bytes: Buffer[] }];
          const read = [...decodeMessages(frame.payload)].map((message) => ({
            name: message.name,
            args: [...message],
          }));
          expect(read).toEqual(
            messages.map(({ name, args }) => ({
              name,
              args: args.map(([key, value]) => ({ name: key, type: typeName(value), value: readable(value) })),
            })),
          );
          if (bytes.length === 1) expect(encodeNotify(frame, asWritable(messages))).toEqual(bytes);
          for (const part of bytes) expect(encodeFrame(decodeFrame(part))).toEqual(part);
        }
      });

    test('ids are those of its era', () => {
      const ids = notifiesIn(fromHaproxy).map(({ frame: { streamId, frameId } }) => ({ streamId, frameId }));
      for (const { streamId, frameId } of ids) {
        expect(frameId).toBeGreaterThan(0);
        if (!isApplet(line)) expect([streamId % 2, frameId]).toEqual([1, 1]);
      }
      // Two events of one request: one stream with two frames up to 3.0, two streams from 3.1 on.
      if (capture.name === 'two events of one request, twice' && isApplet(line)) {
        expect(new Set(ids.map(({ streamId }) => streamId)).size).toBe(2);
        expect(ids.map(({ frameId }) => frameId).sort()).toEqual([1, 1, 2, 2]);
      }
    });

    test('the stream of each connection is cut into these frames, byte by byte', () => {
      for (const frames of capture.connections) {
        const sent = frames.filter(({ from }) => from === 'haproxy').map(({ hex }) => bytesOf(hex));
        const splitter = new FrameSplitter(16_380, () => true);
        const found: Buffer[] = [];
        for (const byte of Buffer.concat(sent)) {
          splitter.feed(Buffer.of(byte));
          while (splitter.next()) found.push(Buffer.from(splitter.bytes.subarray(splitter.start, splitter.end)));
        }
        expect(found).toEqual(sent.map((bytes) => bytes.subarray(4)));
      }
    });
  });

  const named = (name: string): Capture => {
    const capture = captures.find((one) => one.name === name);
    if (capture === undefined) throw new Error(`no capture ${name}`);
    return capture;
  };

  test('HAProxy understood an ACK with every type and every scope', () => {
    expect(named('every type of sample').observed).toEqual(everyVariable);
  });

  test('HAProxy was content with the answer to its health check', () => {
    expect(named('health check').observed).toEqual({ status: 'L7OK' });
  });

  test('HAProxy counts 256 arguments as 0: the NOTIFY fails, and its ACK can still be addressed', () => {
    const [bytes] = ofType(framesFrom(named('256 arguments'), 'haproxy'), FrameType.NOTIFY);
    const { payload, streamId, frameId } = decodeFrame(bytes as Buffer);
    expect(payload.subarray(0, 6)).toEqual(Buffer.from('\x04many\x00', 'latin1'));
    expect(() => decodeMessages(payload)).toThrow(SpoaError);
    expect([streamId, frameId]).toEqual([1, 1]);
  });

  const isFragmented = isApplet(line);
  if (isFragmented)
    test('a NOTIFY in fragments is cut anywhere', () => {
      const [notify] = notifiesIn(framesFrom(named('fragments'), 'haproxy'));
      const frames = notify?.bytes.map((bytes) => decodeFrame(bytes)) ?? [];
      expect(frames.map(({ type }) => type)).toEqual([3, 0, 0, 0, 0]);
      expect(frames.map(({ flags }) => flags)).toEqual([0, 0, 0, 0, 1]);
      for (const bytes of notify?.bytes ?? []) expect(bytes.length).toBeLessThanOrEqual(4 + 256);
      // The second begins inside a word of the body.
      expect(frames[1]?.payload.toString('latin1', 0, 6)).toBe('agment');
    });
});
