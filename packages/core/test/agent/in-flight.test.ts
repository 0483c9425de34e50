import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { encodeHaproxyDisconnect } from '../../src/index.ts';
import { OLD_HELLO } from './support/raw-client.ts';
import { TestAgent } from './support/test-agent.ts';
import { type Deferred, deferred, until } from './support/until.ts';

/** A connection with so many handlers at work, each of which ends when it is told to. */
async function atWork(count: number) {
  const gates: Deferred[] = [];
  const test = new TestAgent(async (request) => {
    const gate = deferred();
    gates.push(gate);
    await gate.promise;
    request.setVar('session', 'id', request.streamId);
  });
  const { client, writes } = test.pair();
  await client.hello(OLD_HELLO);
  client.notify(...Array.from({ length: count }, (_, i) => 2 * i + 1));
  await until('the handlers', () => gates.length === count);
  writes.length = 0;
  return { test, client, writes, gates };
}

/** Ends handlers one by one, as timers do: between two of them everything that is due is done. */
async function endOneByOne(gates: Iterable<Deferred>): Promise<void> {
  for (const gate of gates) {
    gate.resolve();
    for (let i = 0; i < 10; i++) await null;
  }
}

describe('handlers that end one by one in a turn of the event loop', () => {
  test('while few are at work: each ACK leaves at once', async () => {
    const { client, writes, gates } = await atWork(20);
    await endOneByOne(gates);
    expect(writes).toHaveLength(20);
    const acks = await client.acks(20);
    expect(acks.map(({ streamId }) => streamId)).toEqual(gates.map((_, i) => 2 * i + 1));
  });

  test('while very many are: their ACKs leave together, with that turn', async () => {
    const { client, writes, gates } = await atWork(200);
    await endOneByOne(gates.slice(0, 20));
    expect(writes).toHaveLength(0);
    const acks = await client.acks(20);
    expect(writes).toHaveLength(1);
    expect(acks.map(({ streamId }) => streamId)).toEqual(gates.slice(0, 20).map((_, i) => 2 * i + 1));
    expect(acks[19]).toMatchObject({ actions: [{ name: 'id', value: 39 }] });
  });

  test('no more than 64 wait for others', async () => {
    const { client, writes, gates } = await atWork(400);
    await endOneByOne(gates.slice(0, 200));
    expect(writes).toHaveLength(3);
    expect(await client.acks(200)).toHaveLength(200);
    expect(writes).toHaveLength(4);
  });

  test('what waits when the agent closes is answered by its handler', async () => {
    const { test, client, gates } = await atWork(100);
    await endOneByOne(gates.slice(0, 3));
    const closed = test.agent.close({ timeoutMs: 0 });
    const acks = await client.acks(100);
    expect(acks.filter(({ actions }) => actions.length > 0).map(({ streamId }) => streamId)).toEqual([1, 3, 5]);
    await client.disconnect();
    client.duplex.end();
    await closed;
  });

  test('a connection that says goodbye behind what waited may hear it, also at the end of patience', async () => {
    await atWork(100);
    const gate = deferred();
    const leaving = new TestAgent(() => gate.promise);
    const { client, agentSide } = leaving.pair();
    await client.hello(OLD_HELLO);
    client.notify(1);
    client.send(encodeHaproxyDisconnect({ statusCode: 0, message: 'normal' }));
    await until('the goodbye', () => leaving.agent.counts.frames === 3);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const closed = leaving.agent.close({ timeoutMs: 20 });
    await endOneByOne([gate]);
    vi.advanceTimersByTime(20);
    expect(agentSide.destroyed).toBe(false);
    vi.useRealTimers();
    expect(await client.ack()).toMatchObject({ streamId: 1 });
    await client.disconnect();
    client.duplex.end();
    await closed;
  });
});
