import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { type AgentOptions, encodeHaproxyHello, type Handler } from '../../src/index.ts';
import { notify, OLD_HELLO, type RawClient } from './support/raw-client.ts';
import { startAgent, TestAgent } from './support/test-agent.ts';
import { deferred, until } from './support/until.ts';

/** The ACK of a NOTIFY of 16 bytes. */
const ACK_SIZE = 8000;
const answer: Handler = (request) => request.setVar('session', 'x', 'x'.repeat(ACK_SIZE));
const ids = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

describe('a peer that does not read', () => {
  test.each([
    ['in one packet', 1],
    ['in many packets', 200],
  ])('makes the agent hold little, whatever it asks for %s', async (_, packets) => {
    const count = 4000;
    let calls = 0;
    const test = new TestAgent((request) => {
      calls++;
      return answer(request);
    });
    const { client, agentSide } = test.pair();
    await client.hello(OLD_HELLO);
    client.duplex.pause();
    for (let i = 0; i < packets; i++) {
      client.notify(...ids(count / packets).map((id) => (id + (i * count) / packets) * 2 + 1));
    }
    await until('the agent to stop reading', () => agentSide.isPaused());
    const held = agentSide.writableLength;
    expect(held).toBeLessThan(300_000);
    expect(calls).toBeLessThan(100);
    client.duplex.resume();
    expect((await client.acks(count)).map(({ streamId }) => streamId)).toEqual(ids(count).map((id) => 2 * id + 1));
    expect(calls).toBe(count);
    expect(test.log.loud).toEqual([]);
  });

  /** An agent behind a server of our own, which shows the agent's sockets. */
  async function shown(
    options: AgentOptions = {},
  ): Promise<{ test: TestAgent; sockets: Socket[]; answered: () => number }> {
    let calls = 0;
    const test = new TestAgent((request) => {
      calls++;
      return answer(request);
    }, options);
    const sockets: Socket[] = [];
    const server = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    await test.agent.listen({ server });
    return { test, sockets, answered: () => calls };
  }

  const count = 6000;

  /** A client that asks and does not read, to the point where the agent does not read either. */
  async function deaf({ test, sockets }: Awaited<ReturnType<typeof shown>>): Promise<RawClient> {
    const client = await test.open(OLD_HELLO);
    client.duplex.pause();
    client.notify(...ids(count));
    await until('the agent to stop reading', () => sockets[0]?.isPaused() === true);
    return client;
  }

  test('on a socket: reading stops, and goes on when it reads', async () => {
    const it = await shown();
    const client = await deaf(it);
    expect(it.answered()).toBeLessThan(count / 2);
    expect(it.sockets[0]?.writableLength).toBeLessThan(300_000);
    // Other connections are served.
    const other = await it.test.open(OLD_HELLO);
    other.notify(1);
    await other.ack();
    client.duplex.resume();
    expect(await client.acks(count)).toHaveLength(count);
    expect(it.test.log.loud).toEqual([]);
  });

  test('and vanishes leaves nothing behind', async () => {
    const it = await shown();
    const client = await deaf(it);
    await client.destroy();
    await until('the connection to be gone', () => it.test.agent.connections === 0);
    expect(it.test.log.loud).toEqual([]);
  });

  test('does not keep the agent from closing', async () => {
    const it = await shown({ closeTimeoutMs: 20 });
    await deaf(it);
    await it.test.agent.close({ timeoutMs: 20 });
    expect(it.test.agent.connections).toBe(0);
    expect(it.test.log.loud).toEqual([]);
  });

  test('may leave half a frame meanwhile: the rest of it could not be read', async () => {
    const gate = deferred();
    let running = 0;
    const test = new TestAgent(
      async (request) => {
        running++;
        if (request.streamId !== 1) return;
        await gate.promise;
        request.setVar('session', 'x', 'x'.repeat(500_000));
      },
      { frameTimeoutMs: 300 },
    );
    const { client, agentSide } = test.pair();
    await client.hello({ ...OLD_HELLO, maxFrameSize: 1024 * 1024 });
    client.duplex.pause();
    client.send(notify(1), notify(3).subarray(0, 10));
    await until('the handler to run', () => running === 1);
    gate.resolve();
    await until('the agent to stop reading', () => agentSide.isPaused());
    client.send(notify(3).subarray(10));
    // Another agent that began later sees the same time pass.
    const clock = await startAgent(undefined, { helloTimeoutMs: 500 });
    await (await clock.connect()).disconnect();
    client.duplex.resume();
    expect((await client.acks(2)).map(({ streamId }) => streamId)).toEqual([1, 3]);
    expect(test.log.loud).toEqual([]);
  });

  test('does not keep handlers that are done from being forgotten', async () => {
    const gate = deferred();
    const test = new TestAgent(async (request) => {
      await gate.promise;
      answer(request);
    });
    const { client, agentSide } = test.pair();
    await client.hello(OLD_HELLO);
    client.duplex.pause();
    client.notify(...ids(1000));
    await until('all of them to be in flight', () => agentSide.isPaused() || client.duplex.writableLength === 0);
    gate.resolve();
    await until('the agent to stop reading', () => agentSide.isPaused());
    client.duplex.resume();
    await client.acks(1000);
    expect(test.log.loud).toEqual([]);
  });
});

describe('a peer that sends faster than it is read', () => {
  test('is answered in full', async () => {
    const test = await startAgent(async (request) => {
      if (request.streamId % 5 === 0) await new Promise((resolve) => setImmediate(resolve));
    });
    const client = await test.connect();
    const count = 30_000;
    client.send(encodeHaproxyHello(OLD_HELLO), ...ids(count).map((id) => notify(id)));
    await client.agentHello();
    const streamIds = (await client.acks(count)).map(({ streamId }) => streamId);
    expect(new Set(streamIds).size).toBe(count);
  });
});
