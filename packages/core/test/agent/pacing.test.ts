import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { connectEngine, createAgent, encodeHaproxyDisconnect, FrameType } from '../../src/index.ts';
import { message, notify, OLD_HELLO, type RawClient } from './support/raw-client.ts';
import { startAgent } from './support/test-agent.ts';
import { deferred, until } from './support/until.ts';

/*
 * What a HAProxy that multiplexes cannot bear is kept from it; `test/haproxy/pacing.test.ts` shows on real HAProxy that this
 * is what it needs. Here: when, and on which connections.
 */

/** The largest ACK of which 20 fit into HAProxy's buffer of 16384 bytes beside an AGENT-HELLO: wire bytes. */
const LARGEST_SMALL_ACK = 814;
/** What an ACK has besides the value of its variable `v`, where ids take a byte each and the value 240 bytes or more. */
const AROUND = 11 + 3 + 2 + 3;

/** An agent that answers with an ACK of as many wire bytes as the message asks for. */
function sizedAgent(options: Parameters<typeof startAgent>[1] = {}): ReturnType<typeof startAgent> {
  return startAgent((request) => {
    const size = Number(request.messages.at(0)?.get('size'));
    request.setVar('session', 'v', 'x'.repeat(size - AROUND));
  }, options);
}

const sized = (streamId: number, size: number): Buffer => notify(streamId, [message('m', [['size', size]])]);

/** `count` ACKs with different ids, none of the writes larger than what HAProxy can bear in one go; their stream-ids. */
async function expectAll(client: RawClient, count: number, writes: readonly Buffer[]): Promise<number[]> {
  const streamIds = (await client.acks(count)).map(({ streamId }) => streamId);
  expect(new Set(streamIds).size).toBe(count);
  for (const { length } of writes) expect(length).toBeLessThan(16_384);
  return streamIds;
}

const types = (frames: readonly { type: number }[]): number[] => frames.map(({ type }) => type);

describe('ACKs to a HAProxy that multiplexes', () => {
  test('20 small ones leave as they come', async () => {
    const agent = await sizedAgent();
    const { client, writes } = agent.pair();
    await client.hello();
    client.send(...Array.from({ length: 20 }, (_, i) => sized(1 + 2 * i, LARGEST_SMALL_ACK)));
    const acks = await client.acks(20);
    expect(acks.map(({ streamId }) => streamId)).toEqual(Array.from({ length: 20 }, (_, i) => 1 + 2 * i));
    expect(writes).toHaveLength(2);
    expect(types(client.frames.slice(1))).not.toContain(FrameType.AGENT_HELLO);
  });

  test('more small ones than it has streams, answered in one turn, leave a buffer at a time', async () => {
    const agent = await sizedAgent();
    const { client, writes } = agent.pair();
    await client.hello();
    client.send(...Array.from({ length: 60 }, (_, i) => sized(1 + 2 * i, LARGEST_SMALL_ACK)));
    await expectAll(client, 60, writes);
    expect(types(client.frames.slice(1))).not.toContain(FrameType.AGENT_HELLO);
  });

  test('what a stuck handler owes leaves a part of a buffer at a time, first what somebody may wait for', async () => {
    const gate = deferred();
    let running = 0;
    const agent = await startAgent(async (request) => {
      running++;
      await gate.promise;
      // Not all of them in one turn.
      for (let i = 0; i < request.streamId % 7; i++) await new Promise((resolve) => setImmediate(resolve));
      request.setVar('session', 'v', 'x'.repeat(400));
    });
    const { client, writes } = agent.pair();
    await client.hello();
    for (let i = 0; i < 300; i++) client.notify(1 + 2 * i);
    await until('the handlers to run', () => running === 300);
    gate.resolve();
    const streamIds = await expectAll(client, 300, writes);
    expect(Math.max(...streamIds.slice(0, 20))).toBeGreaterThan(300);
    // When that is over, ACKs leave as they come again: as many as there are turns of the loop, not all after a while.
    await delay(150);
    const before = writes.length;
    client.notify(...Array.from({ length: 20 }, (_, i) => 1001 + 2 * i));
    await client.acks(20);
    expect(writes.length - before).toBeGreaterThan(2);
  });

  test('the first larger one takes pipelining back, on every connection and for new ones', async () => {
    const agent = await sizedAgent();
    const other = await agent.open();
    const client = await agent.open();
    client.send(sized(1, LARGEST_SMALL_ACK + 1));
    expect((await client.agentHello()).capabilities).toEqual([]);
    expect((await client.ack()).streamId).toBe(1);
    expect((await other.agentHello()).capabilities).toEqual([]);
    const later = await agent.connect();
    expect((await later.hello()).capabilities).toEqual([]);
    const old = await agent.connect();
    expect((await old.hello(OLD_HELLO)).capabilities).toContain('pipelining');
  });

  test('20 of the largest in flight all leave whole, never more unread than HAProxy can bear in one go', async () => {
    const agent = await sizedAgent();
    const { client, writes } = agent.pair();
    await client.hello();
    client.send(...Array.from({ length: 20 }, (_, i) => sized(1 + 2 * i, 16_000)));
    await expectAll(client, 20, writes);
  });

  test('a close writes what is held before it says goodbye', async () => {
    const agent = await sizedAgent();
    const client = await agent.open();
    client.send(...Array.from({ length: 5 }, (_, i) => sized(1 + 2 * i, 16_000)));
    await client.agentHello();
    const closed = agent.agent.close({ timeoutMs: 0 });
    expect(await client.acks(5)).toHaveLength(5);
    await client.disconnect();
    await client.destroy();
    await closed;
  });

  test('an agent told not to pipeline does not, and the older era still may', async () => {
    const agent = await sizedAgent({ pipelining: false });
    const client = await agent.connect();
    expect((await client.hello()).capabilities).toEqual([]);
    client.send(sized(1, 16_000));
    expect((await client.ack()).streamId).toBe(1);
    const old = await agent.connect();
    expect((await old.hello(OLD_HELLO)).capabilities).toEqual(['pipelining', 'fragmentation']);
  });

  test('where there is one stream at a time, the next NOTIFY means that the one before was given up', async () => {
    const gate = deferred();
    const reasons: unknown[] = [];
    const agent = await startAgent(
      async (request) => {
        if (request.streamId !== 1) return request.setVar('session', 'v', 2);
        request.signal.addEventListener('abort', () => reasons.push((request.signal.reason as { code: string }).code));
        await gate.promise;
      },
      { pipelining: false },
    );
    const client = await agent.open();
    client.notify(1);
    await until('the first NOTIFY', () => agent.agent.connections === 1);
    client.notify(3);
    const acks = await client.acks(2);
    expect(acks.map(({ streamId, actions }) => [streamId, actions.length])).toEqual([
      [1, 0],
      [3, 1],
    ]);
    expect(reasons).toEqual(['SPOA_TIMEOUT']);
    gate.resolve();
    client.notify(5);
    expect((await client.ack()).streamId).toBe(5);
  });

  test.each([
    ['an even stream-id', [1, 100, 103, 105], 1],
    ['a frame-id other than 1', [1, 101, 103, 105], 2],
    ['a first stream-id other than 1', [37, 39, 41, 43], 1],
  ])(
    'one of the older era that announced no async is known by %s, and gives nothing up',
    async (_, streamIds, frameId) => {
      const [first = 0, second = 0, ...more] = streamIds;
      const gate = deferred();
      const arrived: number[] = [];
      const agent = await startAgent(async (request) => {
        arrived.push(request.streamId);
        if (request.streamId !== first) await gate.promise;
        request.setVar('session', 'v', 'x'.repeat(2000));
      });
      const client = await agent.open();
      client.notify(first);
      await client.ack();
      const answeredAt = performance.now();
      await until('a HAProxy that multiplexes has read the second HELLO', () => performance.now() - answeredAt > 50);
      client.send(notify(second, undefined, frameId), ...more.map((streamId) => notify(streamId)));
      await until('three in flight', () => arrived.length === 4);
      gate.resolve();
      const acks = await client.acks(3);
      expect(acks.map(({ streamId, actions }) => [streamId, actions.length])).toEqual(
        [second, ...more].map((streamId) => [streamId, 1]),
      );
    },
  );

  test('a goodbye waits for what is held', async () => {
    const agent = await sizedAgent();
    const client = await agent.open();
    client.send(...Array.from({ length: 8 }, (_, i) => sized(1 + 2 * i, 16_000)));
    client.send(encodeHaproxyDisconnect({ statusCode: 0, message: 'bye' }));
    await client.agentHello();
    expect(await client.acks(8)).toHaveLength(8);
    expect(await client.disconnect()).toEqual({ statusCode: 0, message: 'normal' });
  });

  test('one that does not read gets no more than its buffers hold', async () => {
    const agent = await sizedAgent();
    const { client, agentSide, writes } = agent.pair();
    await client.hello();
    client.duplex.pause();
    for (let i = 0; i < 1000; i++) client.send(sized(1 + 2 * i, 8000));
    await until('the agent to stop reading', () => agentSide.isPaused() && agentSide.writableNeedDrain);
    await delay(50);
    const before = writes.length;
    await delay(300);
    expect(writes.length).toBe(before);
    expect(agentSide.writableLength).toBeLessThan(100_000);
    client.duplex.resume();
    expect(await client.acks(60)).toHaveLength(60);
  });

  test('an engine goes down to one NOTIFY at a time, as HAProxy does, and finds nothing wrong', async () => {
    await using agent = createAgent((request) => request.setVar('session', 'v', 'x'.repeat(8000)));
    const address = await agent.listen({ port: 0 });
    if ('path' in address) throw new Error('not a TCP address');
    await using engine = await connectEngine({ port: address.port });
    expect(engine.window).toBe(20);
    const asked = Array.from({ length: 50 }, () => engine.notify([{ name: 'm', args: [] }]));
    const acks = await Promise.all(asked);
    expect(acks.map((ack) => (ack.get('session', 'v') as string).length)).toEqual(new Array(50).fill(8000));
    expect(engine.window).toBe(1);
    expect(engine.violations).toEqual([]);
    expect(engine.largestRead).toBeLessThan(16_384);
  });

  test('a connection that HAProxy is leaving hears no more of pipelining', async () => {
    const gate = deferred();
    const agent = await startAgent(async (request) => {
      const size = Number(request.messages.at(0)?.get('size'));
      if (size === 0) await gate.promise;
      else request.setVar('session', 'v', 'x'.repeat(size));
    });
    const leaving = await agent.open();
    const other = await agent.open();
    leaving.send(sized(1, 0), encodeHaproxyDisconnect({ statusCode: 0, message: '' }));
    other.send(sized(1, 5000));
    expect((await other.ack()).streamId).toBe(1);
    gate.resolve();
    expect((await leaving.ack()).streamId).toBe(1);
    await leaving.disconnect();
    expect(types(leaving.frames)).toEqual([FrameType.AGENT_HELLO, FrameType.ACK, FrameType.AGENT_DISCONNECT]);
  });
});
