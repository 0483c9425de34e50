import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import {
  type Agent,
  createAgent,
  decodeFrame,
  encodeAck,
  encodeAgentDisconnect,
  encodeAgentHello,
  FrameSplitter,
  FrameType,
  type Handler,
  IpAddress,
} from '@spoa/core';
import { afterEach, describe, expect, test } from 'vitest';
import type { Fault } from '../../benchmarks/src/load/check-ack.ts';
import { Histogram } from '../../benchmarks/src/load/histogram.ts';
import { type LoadOptions, type LoadResult, runLoad } from '../../benchmarks/src/load/run.ts';

/*
 * The load generator of the benchmarks: that it counts what is right as right, and notices what is wrong.
 */

const running: { close(): unknown }[] = [];

afterEach(async () => {
  for (const agent of running.splice(0)) await agent.close();
});

const setScore: Handler = (notify) => notify.setVar('session', 'ip_score', 42);

async function agentOf(handler: Handler): Promise<number> {
  const agent: Agent = createAgent(handler);
  running.push({ close: () => agent.close({ timeoutMs: 100, quietMs: 0 }) });
  const address = await agent.listen({ port: 0 });
  return 'port' in address ? address.port : 0;
}

function load(port: number, options: Partial<LoadOptions> = {}): Promise<LoadResult> {
  return runLoad({
    target: { host: '127.0.0.1', port },
    ...{ connections: 4, window: 16, seconds: 0.2, warmup: 0, drain: 10, rate: 0 },
    ...{ payload: 'ip', message: 'get-ip-reputation', size: 14_336, args: 14 },
    capabilities: ['pipelining'],
    ...options,
  });
}

describe('an agent that answers as it should', () => {
  test('each NOTIFY is a new one with an address of its own, and its ACK is counted', async () => {
    const ids = new Set<number>();
    const addresses = new Set<number>();
    let notifies = 0;
    const port = await agentOf((notify) => {
      const ip = notify.messages.get('get-ip-reputation')?.get('ip');
      if (ip instanceof IpAddress) addresses.add(ip.w0);
      ids.add(notify.streamId);
      notifies++;
      return setScore(notify);
    });
    const result = await load(port);
    expect(result).toMatchObject({ errors: 0, timed_out: false, window_used: 16 });
    expect(result.frames).toBeGreaterThan(0);
    expect(notifies).toBeGreaterThanOrEqual(result.frames);
    expect(ids.size).toBe(notifies);
    expect(addresses.size).toBeGreaterThan(1);
    expect(result.latency_us.p50).toBeGreaterThan(0);
    expect(result.latency_us.max).toBeGreaterThanOrEqual(result.latency_us.p99);
  });

  test('every payload reads as what it is meant to be', async () => {
    const seen = new Map<string, number>();
    const port = await agentOf((notify) => {
      const message = notify.messages.at(0);
      seen.set(message?.name ?? '', message?.length ?? 0);
      return setScore(notify);
    });
    for (const [payload, message] of [
      ['ip', 'a'],
      ['waf', 'b'],
      ['big', 'c'],
      ['many', 'd'],
    ] as const) {
      const result = await load(port, { payload, message, args: 64, seconds: 0.1 });
      expect(result).toMatchObject({ errors: 0 });
    }
    expect([...seen.values()]).toEqual([1, 14, 1, 64]);
  });

  test('no more are sent than are due at a rate', async () => {
    const port = await agentOf(setScore);
    const begin = performance.now();
    const result = await load(port, { rate: 2000, seconds: 0.5 });
    const elapsedSeconds = (performance.now() - begin) / 1000;
    expect(result.errors).toBe(0);
    expect(result.frames).toBeGreaterThan(0);
    expect(result.frames).toBeLessThanOrEqual(2000 * elapsedSeconds + 1);
  });
});

describe('an agent that answers wrongly', () => {
  test.each([
    ['no variable', () => undefined],
    ['another variable', (notify) => notify.setVar('session', 'score', 1)],
    ['another scope', (notify) => notify.setVar('transaction', 'ip_score', 1)],
    ['a text', (notify) => notify.setVar('session', 'ip_score', '1')],
  ] satisfies [string, Handler][])('%s', async (_, handler) => {
    const result = await load(await agentOf(handler));
    expect(result.frames).toBeGreaterThan(0);
    expect(result.error_kinds.action).toBeGreaterThanOrEqual(result.frames);
  });

  test('the variable among others, with a number that takes more bytes, is right', async () => {
    const port = await agentOf((notify) => {
      notify.setVar('transaction', 'other', 'x');
      notify.setVar('session', 'ip_score', 1000);
    });
    expect(await load(port)).toMatchObject({ errors: 0 });
  });

  const ack = (streamId: number): Buffer =>
    encodeAck({ streamId, frameId: 1 }, [{ type: 'set-var', scope: 'session', name: 'ip_score', value: 1 }]);

  test.each([
    ['ids that nobody gave it', 'unmatched', (id) => ack(id + 1_000_000)],
    ['ids of another era', 'unmatched', () => ack(1)],
    ['twice', 'unmatched', (id) => Buffer.concat([ack(id), ack(id)])],
    ['on the wrong connection', 'unmatched', (id) => ack(id < FIRST_ID + 16 ? id + 16 : id - 16)],
    ['by a goodbye', 'disconnect', () => encodeAgentDisconnect({ statusCode: 0, message: 'normal' })],
    ['by no frame of SPOP', 'protocol', () => Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['by closing', 'closed', (_, socket) => socket.end() && Buffer.alloc(0)],
    ['not at all', 'lost', () => Buffer.alloc(0)],
  ] satisfies [string, Fault, Answer][])('%s', async (_, fault, answer) => {
    const result = await load(await scriptedAgent(answer), { connections: 2, drain: 0.2 });
    expect(result.error_kinds[fault]).toBeGreaterThan(0);
    expect(result.errors).toBeGreaterThan(0);
  });

  test('a HELLO that is none', async () => {
    const port = await scriptedAgent(ack, encodeAgentHello({ version: '1.0', maxFrameSize: 16_380, capabilities: [] }));
    expect((await load(port)).error_kinds.hello).toBe(4);
  });

  test('without pipelining it is given one NOTIFY at a time', async () => {
    const port = await scriptedAgent(ack, encodeAgentHello({ version: '2.0', maxFrameSize: 16_380, capabilities: [] }));
    expect(await load(port)).toMatchObject({ errors: 0, window_used: 1 });
  });
});

test('a histogram knows a quantile to 1.6 %', () => {
  const histogram = new Histogram();
  for (let i = 1; i <= 10_000; i++) histogram.add(i / 1000);
  for (const share of [0.01, 0.5, 0.9, 0.99]) {
    const error = histogram.quantileMs(share) / (10 * share) - 1;
    expect(error).toBeGreaterThanOrEqual(0);
    expect(error).toBeLessThan(0.016);
  }
  expect(histogram.maxMs).toBe(10);
  expect(histogram.meanMs).toBeCloseTo(5, 2);
});

/** The stream-id of the first NOTIFY: the first of five bytes. */
const FIRST_ID = 33_818_864;

const HELLO = encodeAgentHello({ version: '2.0', maxFrameSize: 16_380, capabilities: ['pipelining'] });

type Answer = (streamId: number, socket: Socket) => Buffer;

/** Answers HELLO by `hello` and each NOTIFY by what `answer` gives. */
async function scriptedAgent(answer: Answer, hello = HELLO): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    const splitter = new FrameSplitter(16_384, () => true);
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      splitter.feed(chunk);
      while (splitter.next() && socket.writable) {
        const { type, streamId } = decodeFrame(splitter.bytes.subarray(splitter.start - 4, splitter.end));
        if (type === FrameType.HAPROXY_HELLO) socket.write(hello);
        else if (type === FrameType.NOTIFY) socket.write(answer(streamId, socket));
      }
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = (): void => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  running.push({ close });
  return (server.address() as AddressInfo).port;
}
