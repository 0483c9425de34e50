import { describe, expect, test } from 'vitest';
import type { NotifyConnection } from '../../src/index.ts';
import { startAgent } from './support/test-agent.ts';
import { until } from './support/until.ts';

describe('the connection of a NOTIFY', () => {
  /** An agent that answers at once, and the connections of its NOTIFYs. */
  async function seeing() {
    const connections: NotifyConnection[] = [];
    const test = await startAgent(({ connection }) => void connections.push(connection));
    return { test, connections };
  }

  test('is one object for all NOTIFYs of one connection, and another one for another', async () => {
    const { test, connections } = await seeing();
    const [first, second] = [await test.open(), await test.open()];
    first.notify(1, 3);
    second.notify(1);
    await until('the handlers to run', () => connections.length === 3);
    expect(new Set(connections).size).toBe(2);
    for (const { peer, signal } of connections) {
      expect(peer.transport).toBe('tcp');
      expect(signal.aborted).toBe(false);
    }
  });

  test('has a signal that is the same at every look, and fires when nothing is left of it', async () => {
    const { test, connections } = await seeing();
    const [first, second] = [await test.open(), await test.open()];
    first.notify(1);
    await until('the first', () => connections.length === 1);
    second.notify(1);
    await until('the second', () => connections.length === 2);
    const [gone, alive] = connections.map(({ signal }) => signal) as [AbortSignal, AbortSignal];
    expect(connections[0]?.signal).toBe(gone);
    const reasons: unknown[] = [];
    gone.addEventListener('abort', () => reasons.push(gone.reason));
    await first.destroy();
    await until('the signal', () => reasons.length > 0);
    expect(reasons).toMatchObject([{ code: 'SPOA_DISCONNECTED' }]);
    expect(alive.aborted).toBe(false);
  });

  test('has fired its signal already for who asks too late', async () => {
    const { test, connections } = await seeing();
    const client = await test.open();
    client.notify(1);
    await until('the handler to run', () => connections.length === 1);
    await client.destroy();
    await until('the connection to be gone', () => test.agent.connections === 0);
    expect(connections[0]?.signal).toMatchObject({ aborted: true, reason: { code: 'SPOA_DISCONNECTED' } });
  });
});
