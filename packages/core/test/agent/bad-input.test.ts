import { describe, expect, test } from 'vitest';
import {
  decodeDisconnect,
  encodeAck,
  encodeAgentDisconnect,
  encodeAgentHello,
  encodeHaproxyDisconnect,
  encodeHaproxyHello,
  encodeVarint,
  FrameFlag,
  FrameType,
  type SpoaErrorCode,
} from '../../src/index.ts';
import { HELLO, items, message, notify, OLD_HELLO, type RawClient, rawFrame } from './support/raw-client.ts';
import { startAgent, type TestAgent } from './support/test-agent.ts';
import { until } from './support/until.ts';

const hello = encodeHaproxyHello(HELLO);
const bytes = (...list: number[]): Buffer => Buffer.from(list);
const text = (latin1: string): Buffer => Buffer.from(latin1, 'latin1');

/** Only the beginning of a frame: LENGTH, a type, and nothing that LENGTH promises. */
function head(length: number, type: number): Buffer {
  const frame = Buffer.alloc(5);
  frame.writeUInt32BE(length, 0);
  frame[4] = type;
  return frame;
}

/** A frame header with any bytes behind the flags. */
const withIds = (type: number, ...ids: number[]): Buffer =>
  Buffer.concat([head(5 + ids.length, type), bytes(0, 0, 0, 1, ...ids)]);

/** A HELLO of exactly `length` bytes. */
function helloOf(length: number): Buffer {
  const list = items(
    ['supported-versions', '2.0'],
    ['max-frame-size', 16380],
    ['capabilities', 'pipelining'],
    ['x', 'x'.repeat(length - 7 - 74)],
  );
  const frame = rawFrame(FrameType.HAPROXY_HELLO, list);
  expect(frame.readUInt32BE(0)).toBe(length);
  return frame;
}

/** A NOTIFY of exactly `length` bytes: a message without a name whose one argument is binary. */
function notifyOf(length: number): Buffer {
  const rest = length - 7;
  const sizes = [5, 6, 7, 8].map((overhead) => rest - overhead);
  const size = sizes.find((size) => 4 + encodeVarint(size).length + size === rest) as number;
  const payload = Buffer.concat([bytes(0, 1, 0, 9), encodeVarint(size), Buffer.alloc(size)]);
  return rawFrame(FrameType.NOTIFY, payload, { streamId: 1, frameId: 1 });
}

type Fault = readonly [name: string, sent: Buffer, status: number, code: SpoaErrorCode];

const BEFORE_HELLO: readonly Fault[] = [
  ['a NOTIFY', notify(1), 4, 'SPOA_FRAME_UNEXPECTED'],
  ['a goodbye', encodeHaproxyDisconnect({ statusCode: 0, message: 'x' }), 4, 'SPOA_FRAME_UNEXPECTED'],
  ['a fragment', rawFrame(FrameType.UNSET, bytes(1), { streamId: 1, frameId: 1 }), 4, 'SPOA_FRAME_UNEXPECTED'],
  [
    'another agent',
    encodeAgentHello({ version: '2.0', maxFrameSize: 16380, capabilities: [] }),
    4,
    'SPOA_FRAME_UNEXPECTED',
  ],
  ['zeros', Buffer.alloc(64), 4, 'SPOA_FRAME_UNEXPECTED'],
  ['a LENGTH of 0', head(0, 1), 4, 'SPOA_FRAME_INVALID'],
  ['a LENGTH of 6', head(6, 1), 4, 'SPOA_FRAME_INVALID'],
  ['a LENGTH of 4097', head(4097, 1), 3, 'SPOA_FRAME_TOO_BIG'],
  ['a LENGTH of 2^31', head(2 ** 31, 1), 3, 'SPOA_FRAME_TOO_BIG'],
  ['a LENGTH of 2^32-1', head(2 ** 32 - 1, 1), 3, 'SPOA_FRAME_TOO_BIG'],
  ['a HELLO with a stream-id', rawFrame(1, items(), { streamId: 1 }), 4, 'SPOA_FRAME_INVALID'],
  ['a HELLO with a frame-id', rawFrame(1, items(), { frameId: 1 }), 4, 'SPOA_FRAME_INVALID'],
  ['a HELLO without FIN', rawFrame(1, hello.subarray(11), { flags: 0 }), 4, 'SPOA_FRAME_INVALID'],
  ['a HELLO that is empty', withIds(1, 0, 0), 5, 'SPOA_VERSION_MISSING'],
  ['a HELLO whose ids do not end', withIds(1, 0xff, 0xff), 4, 'SPOA_TRUNCATED'],
  ['a HELLO whose item has no value', rawFrame(1, bytes(1, 0x78)), 4, 'SPOA_TRUNCATED'],
  ['a HELLO with a reserved type', rawFrame(1, bytes(1, 0x78, 0x0a)), 4, 'SPOA_TYPE_INVALID'],
  [
    'a HELLO with a string longer than all memory',
    rawFrame(1, Buffer.concat([bytes(1, 0x78, 8), encodeVarint(2n ** 64n - 1n)])),
    4,
    'SPOA_TRUNCATED',
  ],
  [
    'a HELLO with a varint of eleven bytes',
    rawFrame(1, Buffer.concat([bytes(1, 0x78, 3), Buffer.alloc(11, 0xff)])),
    4,
    'SPOA_VARINT_INVALID',
  ],
];

const AFTER_HELLO: readonly Fault[] = [
  ['a second HELLO', hello, 4, 'SPOA_FRAME_UNEXPECTED'],
  ['an ACK', encodeAck({ streamId: 1, frameId: 1 }, []), 4, 'SPOA_FRAME_UNEXPECTED'],
  ['an AGENT-DISCONNECT', encodeAgentDisconnect({ statusCode: 0, message: '' }), 4, 'SPOA_FRAME_UNEXPECTED'],
  ['an unknown type', head(7, 4), 4, 'SPOA_FRAME_UNEXPECTED'],
  ['type 255', head(7, 255), 4, 'SPOA_FRAME_UNEXPECTED'],
  ['a LENGTH of 0', head(0, 3), 4, 'SPOA_FRAME_INVALID'],
  ['a LENGTH of 6', head(6, 3), 4, 'SPOA_FRAME_INVALID'],
  ['a LENGTH of one too many', head(16381, 3), 3, 'SPOA_FRAME_TOO_BIG'],
  ['a LENGTH of 2^31', head(2 ** 31, 3), 3, 'SPOA_FRAME_TOO_BIG'],
  ['a LENGTH of 2^32-1', head(2 ** 32 - 1, 3), 3, 'SPOA_FRAME_TOO_BIG'],
  ['HTTP', text('GET / HTTP/1.1\r\nHost: x\r\n\r\n'), 4, 'SPOA_FRAME_UNEXPECTED'],
  ['0xff', Buffer.alloc(64, 0xff), 4, 'SPOA_FRAME_UNEXPECTED'],
  ['ids that do not end', withIds(3, 0xff, 0xff), 4, 'SPOA_TRUNCATED'],
  ['a stream-id beyond 2^53-1', withIds(3, ...encodeVarint(2n ** 53n), 1), 4, 'SPOA_FRAME_INVALID'],
  ['a frame-id beyond 2^64-1', withIds(3, 1, ...Buffer.alloc(9, 0xff), 0x0f), 4, 'SPOA_VARINT_INVALID'],
  ['a goodbye with a stream-id', rawFrame(2, items(), { streamId: 1 }), 4, 'SPOA_FRAME_INVALID'],
  ['a goodbye without FIN', rawFrame(2, items(), { flags: 0 }), 4, 'SPOA_FRAME_INVALID'],
  ['a NOTIFY without FIN', rawFrame(3, items(), { flags: 0, streamId: 1 }), 10, 'SPOA_FRAGMENTATION_UNSUPPORTED'],
];

/** What is asked while somebody else misbehaves. */
async function answers(client: RawClient, streamId: number): Promise<void> {
  client.notify(streamId);
  expect(await client.ack()).toMatchObject({ streamId });
}

/** Sends `sent` in one piece or byte by byte, until the agent has had enough. */
async function misbehave(client: RawClient, sent: Buffer, piecewise: boolean): Promise<void> {
  if (!piecewise) return client.flush(sent);
  for (const byte of sent) {
    if (client.ended || client.closed) return;
    await client.flush(bytes(byte));
  }
}

describe.each([false, true])('what breaks the rules (byte by byte: %s)', (piecewise) => {
  async function stage(): Promise<{ test: TestAgent; good: RawClient }> {
    const test = await startAgent(async () => undefined);
    const good = await test.open();
    await answers(good, 1);
    return { test, good };
  }

  async function refused(
    client: RawClient,
    [, sent, status, code]: Fault,
    test: TestAgent,
    good: RawClient,
  ): Promise<void> {
    await misbehave(client, sent, piecewise);
    await answers(good, 3);
    const disconnect = await client.disconnect();
    expect(disconnect.statusCode).toBe(status);
    expect(disconnect.message).not.toBe('');
    client.duplex.end();
    await until('the connection to be gone', () => test.agent.connections === 1);
    await answers(good, 5);
    expect(test.log.loud).toMatchObject([
      { level: 'warn', facts: { code, status, peer: { transport: 'tcp', address: '127.0.0.1' } } },
    ]);
    expect(test.log.loud[0]?.message).toContain(': closed');
  }

  test.each(BEFORE_HELLO)('before HELLO: %s', async (...fault) => {
    const { test, good } = await stage();
    await refused(await test.connect(), fault, test, good);
  });

  test.each(AFTER_HELLO)('after HELLO: %s', async (...fault) => {
    const { test, good } = await stage();
    await refused(await test.open(), fault, test, good);
  });

  test.each(AFTER_HELLO)('what came before is answered: %s', async (_, sent, status) => {
    const { test } = await stage();
    const client = await test.open();
    await misbehave(client, Buffer.concat([notify(1), notify(3), sent]), piecewise);
    // An async handler's answer and the fault may be due in the same packet: then nobody waits for it.
    await until('the end', () => client.ended);
    const types = client.frames.map(({ type }) => type);
    expect(types[0]).toBe(FrameType.AGENT_HELLO);
    expect(types.at(-1)).toBe(FrameType.AGENT_DISCONNECT);
    expect(decodeDisconnect(client.frames.at(-1)?.payload as Buffer).statusCode).toBe(status);
    expect(test.log.loud).toHaveLength(1);
  });
});

describe('truncated payloads of a NOTIFY fail it, and nothing else', () => {
  const whole = notify(1, [
    message('message', [
      ['text', 'some text'],
      ['int', 2 ** 40],
      ['bin', Buffer.alloc(10, 1)],
    ]),
  ]).subarray(11);

  test('cut anywhere', async () => {
    const test = await startAgent((request) => request.setVar('session', 'ok', request.messages.length));
    const client = await test.open();
    for (let length = 0; length <= whole.length; length++) {
      client.send(rawFrame(FrameType.NOTIFY, whole.subarray(0, length), { streamId: length, frameId: 1 }));
    }
    const acks = await client.acks(whole.length + 1);
    const sound = acks.filter(({ actions }) => actions.length > 0).map(({ streamId }) => streamId);
    expect(sound).toEqual([0, whole.length]);
    // Said once a connection: a peer can send very many.
    expect(test.log.loud).toMatchObject([{ level: 'warn', facts: { streamId: 1, code: 'SPOA_TRUNCATED' } }]);
    await client.bye();
  });

  test('with a type that is reserved', async () => {
    const test = await startAgent();
    const client = await test.open();
    for (let type = 0; type < 256; type++) {
      client.send(rawFrame(FrameType.NOTIFY, bytes(1, 0x6d, 1, 1, 0x61, type), { streamId: type, frameId: 1 }));
    }
    expect((await client.acks(256)).map(({ streamId }) => streamId)).toEqual(Array.from({ length: 256 }, (_, i) => i));
    await client.bye();
  });

  test('with a string longer than all memory', async () => {
    const test = await startAgent();
    const client = await test.open();
    const payload = Buffer.concat([bytes(1, 0x6d, 1, 1, 0x61, 8), encodeVarint(2n ** 64n - 1n), Buffer.alloc(20)]);
    client.send(rawFrame(FrameType.NOTIFY, payload, { streamId: 1, frameId: 1 }), notify(3));
    expect((await client.acks(2)).map(({ streamId }) => streamId)).toEqual([1, 3]);
  });

  test('reserved flags are not looked at', async () => {
    const test = await startAgent();
    const client = await test.open();
    client.send(rawFrame(FrameType.NOTIFY, Buffer.alloc(0), { flags: 0xffff_fffd, streamId: 1, frameId: 1 }));
    expect(await client.ack()).toMatchObject({ streamId: 1, flags: FrameFlag.FIN });
  });
});

describe('sizes at the boundary', () => {
  test('a HELLO of 4096 bytes is the largest', async () => {
    const test = await startAgent();
    const client = await test.connect();
    client.send(helloOf(4096));
    await client.agentHello();
    await answers(client, 1);
  });

  test.each([
    ['announced, where ours is larger', 300, 1024 * 1024, 300],
    ['announced, where ours is smaller: HAProxy 3.1.0 to 3.1.6 do not care', 16380, 256, 16380],
    ['of ours, where everything is announced', 2 ** 32 - 1, 2 * 1024 * 1024, 2 * 1024 * 1024],
  ])('the largest frame is what is %s', async (_, announced, maxFrameSize, largest) => {
    const test = await startAgent(undefined, { maxFrameSize });
    const client = await test.open({ ...OLD_HELLO, maxFrameSize: announced });
    client.send(notifyOf(largest));
    await client.ack();
    await answers(client, 3);
    client.send(head(largest + 1, 3));
    expect((await client.disconnect()).statusCode).toBe(3);
  });

  test('a LENGTH of 7 is the smallest', async () => {
    const test = await startAgent();
    const client = await test.open();
    client.send(rawFrame(FrameType.NOTIFY, Buffer.alloc(0), { streamId: 1, frameId: 1 }));
    expect(await client.ack()).toMatchObject({ streamId: 1 });
  });
});

describe('S2-25 strangers', () => {
  const http = 'GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: x\r\n\r\n';
  const STRANGERS: readonly (readonly [name: string, sent: Buffer])[] = [
    ['HTTP', text(http)],
    ['HTTP', text('POST / HTTP/1.0\r\n\r\n')],
    ['HTTP', text('OPTIONS * HTTP/1.1\r\n\r\n')],
    ['HTTP', text('CONNECT x:443 HTTP/1.1\r\n\r\n')],
    ['HTTP/2', text('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')],
    ['TLS', Buffer.concat([bytes(0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3), Buffer.alloc(508, 7)])],
    ['the PROXY protocol', text('PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n')],
    ['the PROXY protocol', Buffer.concat([text('\r\n\r\n\0\r\nQUIT\n'), bytes(0x21, 0x11, 0, 12), Buffer.alloc(12)])],
    ['SSH', text('SSH-2.0-OpenSSH_9.2\r\n')],
    ['telnet', bytes(0xff, 0xfd, 0x18, 0xff, 0xfd, 0x20)],
    ['text', text('hello\r\n')],
    ['text', text('quit\n\n\n')],
    ['text', text('{"json": true}')],
  ];

  test.each(STRANGERS.flatMap(([name, sent]) => [false, true].map((piecewise) => [name, sent, piecewise] as const)))(
    '%s is closed without a word, and the log says so',
    async (name, sent, piecewise) => {
      const test = await startAgent();
      const good = await test.open();
      const client = await test.connect();
      await misbehave(client, sent, piecewise);
      await client.end();
      await answers(good, 1);
      client.duplex.end();
      await until('the connection to be gone', () => test.agent.connections === 1);
      expect(client.frames).toEqual([]);
      expect(test.log.loud).toMatchObject([{ level: 'warn', facts: { code: 'SPOA_NOT_SPOP' } }]);
      expect(test.log.loud[0]?.message).toBe(`the peer speaks ${name} instead of SPOP: closed`);
    },
  );

  test('a stranger that goes on is not listened to', async () => {
    const test = await startAgent();
    const good = await test.open();
    const flood = Buffer.alloc(64 * 1024, 'GET / HTTP/1.1\r\n');
    for (let i = 0; i < 50; i++) {
      const client = await test.connect();
      for (let j = 0; j < 16; j++) client.send(flood);
      await until('the end', () => client.ended || client.closed);
      await client.destroy();
    }
    await until('the connections to be gone', () => test.agent.connections === 1);
    await answers(good, 1);
    expect(test.log.loud).toHaveLength(50);
  });

  test('a LENGTH that is allowed takes no more than the frame', async () => {
    const test = await startAgent(undefined, { maxFrameSize: 4 * 1024 * 1024 });
    const client = await test.open({ maxFrameSize: 2 ** 32 - 1 });
    const before = process.memoryUsage().arrayBuffers;
    client.send(head(4 * 1024 * 1024, 3));
    const other = await test.open();
    await answers(other, 1);
    const grown = process.memoryUsage().arrayBuffers - before;
    expect(grown).toBeLessThan(6 * 1024 * 1024);
  });
});
