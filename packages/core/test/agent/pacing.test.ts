import { describe, expect, test } from 'vitest';
import { connectEngine, createAgent, FrameType } from '../../src/index.ts';
import { message, notify, OLD_HELLO } from './support/raw-client.ts';
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

const types = (frames: readonly { type: number }[]): number[] => frames.map(({ type }) => type);

describe('ACKs to a HAProxy that multiplexes', () => {
  test('small ones leave as they come, however many', async () => {
    const agent = await sizedAgent();
    const client = await agent.open();
    client.send(...Array.from({ length: 60 }, (_, i) => sized(1 + 2 * i, LARGEST_SMALL_ACK)));
    const acks = await client.acks(60);
    expect(acks.map(({ streamId }) => streamId)).toEqual(Array.from({ length: 60 }, (_, i) => 1 + 2 * i));
    expect(types(client.frames)).not.toContain(FrameType.AGENT_DISCONNECT);
    expect(types(client.frames.slice(1))).not.toContain(FrameType.AGENT_HELLO);
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
    const client = await agent.open();
    client.send(...Array.from({ length: 20 }, (_, i) => sized(1 + 2 * i, 16_000)));
    const acks = await client.acks(20);
    expect(acks.map(({ streamId }) => streamId)).toEqual(Array.from({ length: 20 }, (_, i) => 1 + 2 * i));
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
    ['an even stream-id', 100, 1],
    ['a frame-id other than 1', 101, 2],
  ])(
    'one of the older era that announced no async is known by %s, and gives nothing up',
    async (_, streamId, frameId) => {
      const gate = deferred();
      const arrived: number[] = [];
      const agent = await startAgent(async (request) => {
        arrived.push(request.streamId);
        if (request.streamId > 1) await gate.promise;
        request.setVar('session', 'v', 'x'.repeat(2000));
      });
      const client = await agent.open();
      client.notify(1);
      await client.ack();
      const answeredAt = performance.now();
      await until('a HAProxy that multiplexes has read the second HELLO', () => performance.now() - answeredAt > 50);
      client.send(notify(streamId, undefined, frameId), notify(103), notify(105));
      await until('three in flight', () => arrived.length === 4);
      gate.resolve();
      const acks = await client.acks(3);
      expect(acks.map(({ streamId, actions }) => [streamId, actions.length])).toEqual([
        [streamId, 1],
        [103, 1],
        [105, 1],
      ]);
    },
  );

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
});
