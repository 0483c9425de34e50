import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  bin,
  connectEngine,
  type EngineOptions,
  encodeAgentDisconnect,
  encodeAgentHello,
  encodeTypedData,
  encodeVarint,
  FrameType,
  int32,
  int64,
  type SpoaError,
  type SpoaErrorCode,
  uint32,
  uint64,
  type WritableValue,
} from '../../src/index.ts';
import { AGENT_HELLO, frame, MEETINGS, meet, overTcp, pair, type ScriptedAgent } from './support/scripted-agent.ts';
import { rejection, until } from './support/until.ts';

const ENGINE_ID = '12345678-9abc-4def-8123-456789abcdef';

/** PROTOCOL 1.8, written down from captures. */
const HELLO_31 = `0000007b 01 00000001 00 00
  12 737570706f727465642d76657273696f6e73 08 03 322e30
  0e 6d61782d6672616d652d73697a65 03 fcf006
  0c 6361706162696c6974696573 08 0a 706970656c696e696e67
  09 656e67696e652d6964 08 24 ${Buffer.from(ENGINE_ID).toString('hex')}`;
const HELLO_OLD = HELLO_31.replace('0000007b', '00000081').replace(
  '08 0a 706970656c696e696e67',
  '08 10 706970656c696e696e672c6173796e63',
);

function hex(text: string): string {
  return text.replaceAll(/\s/g, '');
}

function item(name: string, value: WritableValue): Buffer {
  return Buffer.concat([encodeVarint(name.length), Buffer.from(name), encodeTypedData(value)]);
}

const VERSION = item('version', '2.0');
const SIZE = item('max-frame-size', uint32(16380));
const CAPABILITIES = item('capabilities', 'pipelining');

function hello(...items: Buffer[]): Buffer {
  return frame(FrameType.AGENT_HELLO, Buffer.concat(items));
}

/** Begins to connect to an agent that answers these bytes. */
async function answered(
  bytes: Uint8Array,
  options: EngineOptions = {},
): Promise<{ connecting: ReturnType<typeof connectEngine>; agent: ScriptedAgent }> {
  const { target, agent } = pair();
  const connecting = connectEngine(target, options);
  connecting.then(
    (engine) => onTestFinished(() => engine.destroy()),
    () => undefined,
  );
  await agent.takes(FrameType.HAPROXY_HELLO);
  agent.send(bytes);
  return { connecting, agent };
}

describe('HAPROXY-HELLO', () => {
  it.each([
    ['3.1 and newer', {}, HELLO_31],
    ['2.1 to 3.0', { capabilities: ['pipelining', 'async'] }, HELLO_OLD],
  ])('has the bytes of HAProxy %s', async (_, options, bytes) => {
    const { engine, agent } = await meet({ engineId: ENGINE_ID, ...options });
    expect(agent.received.toString('hex')).toBe(hex(bytes));
    expect(engine.engineId).toBe(ENGINE_ID);
  });

  it('leaves in one write', async () => {
    const { agent } = await meet();
    expect(agent.chunkSizes).toEqual([0x7b + 4]);
  });

  it('carries a random UUID, another for each engine', async () => {
    const ids = [await meet(), await meet()].map(({ engine }) => engine.engineId);
    expect(ids[0]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(ids[0]).not.toBe(ids[1]);
  });

  it('can go without engine-id', async () => {
    const { engine, agent } = await meet({ engineId: null });
    expect(engine.engineId).toBeUndefined();
    expect(agent.received.includes('engine-id')).toBe(false);
  });
});

describe.each(MEETINGS)('over %s', (_, meeting) => {
  it('agrees with the agent', async () => {
    const { engine } = await meet({}, { maxFrameSize: 1024 }, meeting());
    expect(engine.hello).toEqual({ version: '2.0', maxFrameSize: 1024, capabilities: ['pipelining'] });
    expect(engine).toMatchObject({ maxFrameSize: 1024, window: 20, capabilities: ['pipelining'] });
    expect(engine.violations).toEqual([]);
  });

  it('refuses a version that is not 2.0 and says so', async () => {
    const { target, agent: coming } = await meeting();
    const connecting = rejection('SPOA_VERSION_UNSUPPORTED', connectEngine(target));
    const agent = await coming;
    await agent.greet({ version: '1.0' });
    expect(await agent.disconnected()).toMatchObject({ statusCode: 8 });
    agent.disconnect(8, 'bad version');
    await agent.end();
    await connecting;
  });
});

describe('what is in force', () => {
  it.each([
    ['nothing', ['pipelining'], [], 1, []],
    ['what the agent alone says', [], ['pipelining', 'async'], 1, []],
    ['pipelining', ['pipelining', 'async'], ['pipelining'], 20, ['pipelining']],
    ['async', ['async'], ['async', 'pipelining'], 20, ['async']],
    ['fragmentation where it is used', ['pipelining', 'async'], ['fragmentation'], 1, ['fragmentation']],
    ['no fragmentation in the new era', ['pipelining'], ['pipelining', 'fragmentation'], 20, ['pipelining']],
    ['no unknown capability', ['teleportation'], ['teleportation'], 1, []],
  ])('%s', async (_, capabilities, announced, window, inForce) => {
    const { engine } = await meet({ capabilities }, { capabilities: announced });
    expect(engine).toMatchObject({ window, capabilities: inForce });
    expect(engine.hello.capabilities).toEqual(announced);
  });

  it('is a window of any size', async () => {
    const { engine } = await meet({ window: 3 });
    expect(engine.window).toBe(3);
  });

  it('is pipelining among spaces', async () => {
    const { connecting } = await answered(hello(VERSION, SIZE, item('capabilities', ' async , pipelining ')));
    expect((await connecting).capabilities).toEqual(['pipelining']);
  });
});

describe('AGENT-HELLO', () => {
  it.each<[string, Buffer[], number]>([
    ['the smallest size', [VERSION, item('max-frame-size', uint32(256)), CAPABILITIES], 256],
    ['the announced size', [VERSION, SIZE, CAPABILITIES], 16380],
    ['a size of type INT32', [VERSION, item('max-frame-size', int32(300)), CAPABILITIES], 300],
    ['a size of type INT64', [VERSION, item('max-frame-size', int64(300)), CAPABILITIES], 300],
    ['a size of type UINT64', [VERSION, item('max-frame-size', uint64(300)), CAPABILITIES], 300],
    ['a version among spaces', [item('version', ' 2.0 '), SIZE, CAPABILITIES], 16380],
    ['items in another order, and unknown ones', [CAPABILITIES, item('x', null), SIZE, VERSION], 16380],
    ['an item twice: the last counts', [item('max-frame-size', uint32(300)), VERSION, SIZE, CAPABILITIES], 16380],
  ])('is taken with %s', async (_, items, maxFrameSize) => {
    const { connecting } = await answered(hello(...items));
    expect((await connecting).maxFrameSize).toBe(maxFrameSize);
  });

  // A fault in the items: HAProxy says what it is and waits for the agent to say goodbye.
  it.each<[string, Buffer[], SpoaErrorCode, number]>([
    ['no version', [SIZE, CAPABILITIES], 'SPOA_VERSION_MISSING', 5],
    ['version 1.0', [item('version', '1.0'), SIZE, CAPABILITIES], 'SPOA_VERSION_UNSUPPORTED', 8],
    ['version 2.1', [item('version', '2.1'), SIZE, CAPABILITIES], 'SPOA_VERSION_UNSUPPORTED', 8],
    ['version 2', [item('version', '2'), SIZE, CAPABILITIES], 'SPOA_FRAME_INVALID', 4],
    ['version 2.0.1', [item('version', '2.0.1'), SIZE, CAPABILITIES], 'SPOA_FRAME_INVALID', 4],
    ['a version that is a number', [item('version', int32(2)), SIZE, CAPABILITIES], 'SPOA_TYPE_INVALID', 4],
    ['a binary version', [item('version', bin('2.0')), SIZE, CAPABILITIES], 'SPOA_TYPE_INVALID', 4],
    ['no max-frame-size', [VERSION, CAPABILITIES], 'SPOA_MAX_FRAME_SIZE_MISSING', 6],
    ['255', [VERSION, item('max-frame-size', uint32(255)), CAPABILITIES], 'SPOA_MAX_FRAME_SIZE_INVALID', 9],
    ['16381', [VERSION, item('max-frame-size', uint32(16381)), CAPABILITIES], 'SPOA_MAX_FRAME_SIZE_INVALID', 9],
    ['-1', [VERSION, item('max-frame-size', int32(-1)), CAPABILITIES], 'SPOA_MAX_FRAME_SIZE_INVALID', 9],
    [
      '2^64-1',
      [VERSION, item('max-frame-size', uint64(2n ** 64n - 1n)), CAPABILITIES],
      'SPOA_MAX_FRAME_SIZE_INVALID',
      9,
    ],
    ['a size that is text', [VERSION, item('max-frame-size', '300'), CAPABILITIES], 'SPOA_TYPE_INVALID', 4],
    [
      'a bad size before a good one',
      [item('max-frame-size', uint32(1)), VERSION, SIZE, CAPABILITIES],
      'SPOA_MAX_FRAME_SIZE_INVALID',
      9,
    ],
    ['no capabilities', [VERSION, SIZE], 'SPOA_CAPABILITIES_MISSING', 7],
    ['capabilities that are no text', [VERSION, SIZE, item('capabilities', null)], 'SPOA_TYPE_INVALID', 4],
    ['an item without a name', [VERSION, SIZE, CAPABILITIES, item('', null)], 'SPOA_FRAME_INVALID', 4],
    [
      'an invented name that begins like a known one',
      [VERSION, SIZE, CAPABILITIES, item('versions-foo', '9.9')],
      'SPOA_VERSION_UNSUPPORTED',
      8,
    ],
    ['an item that is cut off', [VERSION, SIZE, CAPABILITIES.subarray(0, -1)], 'SPOA_TRUNCATED', 4],
    ['an item of a reserved type', [VERSION, SIZE, CAPABILITIES, Buffer.from([1, 0x78, 0x0f])], 'SPOA_TYPE_INVALID', 4],
  ])('is refused by HAPROXY-DISCONNECT with %s', async (_, items, code, status) => {
    const { connecting, agent } = await answered(hello(...items));
    const refused = rejection(code, connecting);
    const disconnect = await agent.disconnected();
    expect(disconnect.statusCode).toBe(status);
    expect(agent.ended).toBe(false);
    agent.disconnect(status);
    await agent.end();
    expect((await refused).message).toBe(disconnect.message);
  });

  it('that was refused ends the connection at the latest with the time for HELLO', async () => {
    const { connecting, agent } = await answered(hello(VERSION), { helloTimeoutMs: 50 });
    await rejection('SPOA_MAX_FRAME_SIZE_MISSING', connecting);
    await agent.disconnected();
    await agent.end();
  });

  it('that was refused ends the connection when the agent does', async () => {
    const { connecting, agent } = await answered(hello(VERSION));
    const refused = rejection('SPOA_MAX_FRAME_SIZE_MISSING', connecting);
    await agent.disconnected();
    agent.duplex.end();
    await refused;
  });

  // A fault in the header: HAProxy drops the connection without a word.
  it.each<[string, Uint8Array, SpoaErrorCode]>([
    ['without FIN', frame(FrameType.AGENT_HELLO, hello(VERSION), { flags: 0 }), 'SPOA_FRAME_INVALID'],
    ['with a stream-id', frame(FrameType.AGENT_HELLO, VERSION, { streamId: 1 }), 'SPOA_FRAME_INVALID'],
    ['with a frame-id', frame(FrameType.AGENT_HELLO, VERSION, { frameId: 1 }), 'SPOA_FRAME_INVALID'],
    ['behind an ACK', frame(FrameType.ACK, Buffer.alloc(0), { streamId: 1, frameId: 1 }), 'SPOA_FRAME_UNEXPECTED'],
    ['answered by HAPROXY-HELLO', frame(FrameType.HAPROXY_HELLO), 'SPOA_FRAME_UNEXPECTED'],
    ['of length 6', Buffer.from('00000006650000000100', 'hex'), 'SPOA_FRAME_INVALID'],
    ['larger than announced', Buffer.from('00003ffd65', 'hex'), 'SPOA_FRAME_TOO_BIG'],
    ['in HTTP', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), 'SPOA_NOT_SPOP'],
    ['in no known type', frame(42), 'SPOA_NOT_SPOP'],
    [
      'with an endless id',
      Buffer.from(`0000001165 00000001 ${'ff'.repeat(12)}`.replaceAll(' ', ''), 'hex'),
      'SPOA_VARINT_INVALID',
    ],
  ])('ends the connection %s', async (_, bytes, code) => {
    const { connecting, agent } = await answered(bytes);
    await rejection(code, connecting);
    await agent.end();
  });

  it('behind a fault comes too late', async () => {
    const refused = Buffer.concat([frame(FrameType.AGENT_HELLO), encodeAgentHello(AGENT_HELLO)]);
    const { connecting } = await answered(refused, { helloTimeoutMs: 30 });
    await rejection('SPOA_VERSION_MISSING', connecting);
    const { connecting: another, agent } = await answered(
      Buffer.concat([frame(FrameType.AGENT_HELLO, VERSION, { flags: 0 }), encodeAgentHello(AGENT_HELLO)]),
    );
    await rejection('SPOA_FRAME_INVALID', another);
    await agent.end();
  });

  it('in time is the end of its time limit', async () => {
    const { engine, agent } = await meet({ helloTimeoutMs: 30 });
    await rejection('SPOA_TIMEOUT', engine.notify([], { timeoutMs: 60 }));
    const answer = engine.notify([]);
    await agent.takes(FrameType.NOTIFY, 2);
    agent.ack(3);
    await answer;
  });

  it('that came in pieces is lost by HAProxy 3.2 and newer', async () => {
    const whole = encodeAgentHello(AGENT_HELLO);
    const { connecting, agent } = await answered(whole.subarray(0, 11));
    expect((await rejection('SPOA_FRAME_INVALID', connecting)).facts).toEqual({ heldBytes: 11 });
    await agent.end();
  });

  it('may be cut inside its header', async () => {
    const whole = encodeAgentHello(AGENT_HELLO);
    const { connecting, agent } = await answered(whole.subarray(0, 10));
    await new Promise(setImmediate);
    agent.send(whole.subarray(10));
    expect((await connecting).maxFrameSize).toBe(16380);
  });

  it('may be AGENT-DISCONNECT: its status is told', async () => {
    const { connecting, agent } = await answered(encodeAgentDisconnect({ statusCode: 8, message: 'not my version' }));
    const error = await rejection('SPOA_DISCONNECTED', connecting);
    expect(error.facts).toMatchObject({ statusCode: 8, message: 'not my version' });
    await agent.end();
  });

  it('may be an AGENT-DISCONNECT that nobody can read', async () => {
    const { connecting } = await answered(frame(FrameType.AGENT_DISCONNECT, Buffer.from([9])));
    await rejection('SPOA_TRUNCATED', connecting);
  });

  it('may never come', async () => {
    const { target, agent } = pair();
    await rejection('SPOA_HELLO_TIMEOUT', connectEngine(target, { helloTimeoutMs: 20 }));
    await agent.takes(FrameType.HAPROXY_HELLO);
    await agent.end();
  });

  it.each([
    ['at once', Buffer.alloc(0), 'SPOA_DISCONNECTED'],
    ['in the middle of it', Buffer.from([0, 0, 0, 54, 101]), 'SPOA_TRUNCATED'],
  ] as const)('may be given up by the agent %s', async (_, bytes, code) => {
    const { connecting, agent } = await answered(bytes);
    agent.duplex.end();
    await rejection(code, connecting);
  });

  it('may be answered by a reset', async () => {
    const { target, agent: coming } = await overTcp();
    const connecting = rejection('SPOA_DISCONNECTED', connectEngine(target));
    const agent = await coming;
    await agent.takes(FrameType.HAPROXY_HELLO);
    (agent.duplex as Socket).resetAndDestroy();
    expect((await connecting).cause).toMatchObject({ code: 'ECONNRESET' });
  });

  it('is followed by what the agent sent in the same write', async () => {
    const { connecting } = await answered(
      Buffer.concat([encodeAgentHello(AGENT_HELLO), encodeAgentDisconnect({ statusCode: 0, message: 'too busy' })]),
    );
    const engine = await connecting;
    expect(await engine.closed).toEqual({ disconnect: { statusCode: 0, message: 'too busy' } });
  });
});

describe('an engine that is not strict', () => {
  it('takes AGENT-HELLO in pieces', async () => {
    const whole = encodeAgentHello(AGENT_HELLO);
    const { connecting, agent } = await answered(whole.subarray(0, 20), { strict: false });
    await new Promise(setImmediate);
    agent.send(whole.subarray(20));
    expect((await connecting).hello).toEqual(AGENT_HELLO);
  });

  it('does without max-frame-size and capabilities, as HAProxy 3.1 and newer', async () => {
    const { connecting } = await answered(hello(VERSION), { strict: false });
    expect((await connecting).hello).toEqual({ version: '2.0', maxFrameSize: 16380, capabilities: [] });
  });

  it('does not do without a version', async () => {
    const { connecting, agent } = await answered(hello(SIZE, CAPABILITIES), { strict: false });
    agent.duplex.end();
    await rejection('SPOA_VERSION_MISSING', connecting);
  });
});

describe('an agent that cannot be reached', () => {
  it.each([
    ['a port', async () => ({ port: await freePort() }), 'ECONNREFUSED'],
    ['a unix socket', async () => ({ path: '/nonexistent/agent.sock' }), 'ENOENT'],
  ])('at %s', async (_, target, errno) => {
    const error: SpoaError = await rejection('SPOA_DISCONNECTED', connectEngine(await target()));
    expect(error.facts).toEqual({ errno });
    expect(error.message).toContain(errno);
    expect(error.cause).toBeInstanceOf(Error);
  });

  it('because its duplex is gone', async () => {
    const { target, agent } = pair();
    const { duplex } = target as { duplex: typeof agent.duplex };
    duplex.destroy();
    await once(duplex, 'close');
    await rejection('SPOA_DISCONNECTED', connectEngine(target));
  });

  it('because nobody takes its connections any more', async () => {
    const { port, crowd } = await stoppedServer();
    const error = await rejection('SPOA_HELLO_TIMEOUT', connectEngine({ port }, { helloTimeoutMs: 50 }));
    expect(error.message).toBe(`no connection to 127.0.0.1:${port} within 50 ms`);
    expect(crowd.length).toBeGreaterThan(1);
  });
});

describe('options out of their range', () => {
  it.each<[string, EngineOptions]>([
    ['window', { window: 0 }],
    ['window', { window: 1.5 }],
    ['maxFrameSize', { maxFrameSize: -1 }],
    ['timeoutMs', { timeoutMs: -1 }],
    ['timeoutMs', { timeoutMs: Number.NaN }],
    ['helloTimeoutMs', { helloTimeoutMs: Number.POSITIVE_INFINITY }],
  ])('%s %o', async (name, options) => {
    const { target } = pair();
    expect((await rejection('SPOA_VALUE_OUT_OF_RANGE', connectEngine(target, options))).message).toContain(name);
  });
});

/** A port that nobody listens on any more. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** A server that stands still, behind so many waiting connections that the kernel takes no more for it. */
async function stoppedServer(): Promise<{ port: number; crowd: Socket[] }> {
  const program = `
    const server = require('node:net').createServer();
    server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => console.log(server.address().port));`;
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  const crowd: Socket[] = [];
  onTestFinished(() => {
    for (const socket of crowd) socket.destroy();
    child.kill('SIGKILL');
  });
  const [printed] = await once(child.stdout, 'data');
  const port = Number(printed);
  child.kill('SIGSTOP');
  for (let i = 0; i < 8; i++) {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    crowd.push(socket);
  }
  await until('the first connections', () => crowd.filter(({ connecting }) => !connecting).length >= 2);
  return { port, crowd };
}
