import { describe, expect, test } from 'vitest';
import { encodeHaproxyDisconnect, type NotifyContext, SpoaError } from '../../src/index.ts';
import { startAgent, type TestAgent } from './support/test-agent.ts';
import { deferred, until } from './support/until.ts';

/** Handlers that wait for ever, and what became of their signals. */
async function waiting(options: Parameters<typeof startAgent>[1] = {}): Promise<{
  test: TestAgent;
  requests: NotifyContext[];
  reasons: unknown[];
}> {
  const requests: NotifyContext[] = [];
  const reasons: unknown[] = [];
  const test = await startAgent((request) => {
    requests.push(request);
    const { signal } = request;
    signal.addEventListener('abort', () => reasons.push(signal.reason));
    return new Promise(() => undefined);
  }, options);
  return { test, requests, reasons };
}

const code = (reason: unknown): string => (reason instanceof SpoaError ? reason.code : String(reason));

describe('the signal of a NOTIFY', () => {
  test('is the same at every look, and quiet while somebody waits', async () => {
    const { test, requests, reasons } = await waiting();
    const client = await test.open();
    client.notify(1);
    await until('the handler to run', () => requests.length === 1);
    expect(requests[0]?.signal).toBe(requests[0]?.signal);
    expect(requests[0]?.signal.aborted).toBe(false);
    expect(reasons).toEqual([]);
  });

  test.each(['FIN', 'RST'])('fires when the connection ends by %s', async (how) => {
    const { test, requests, reasons } = await waiting();
    const client = await test.open();
    client.notify(1, 3);
    await until('the handlers to run', () => requests.length === 2);
    if (how === 'FIN') client.duplex.end();
    else (client.duplex as import('node:net').Socket).resetAndDestroy();
    await until('both signals', () => reasons.length === 2);
    expect(reasons.map(code)).toEqual(['SPOA_DISCONNECTED', 'SPOA_DISCONNECTED']);
    await until('the connection to be gone', () => test.agent.connections === 0);
    expect(test.log.loud).toEqual([]);
  });

  test('fires for the NOTIFYs of one connection only', async () => {
    const { test, requests, reasons } = await waiting();
    const [first, second] = [await test.open(), await test.open()];
    first.notify(1);
    second.notify(3);
    await until('the handlers to run', () => requests.length === 2);
    await first.destroy();
    await until('a signal', () => reasons.length > 0);
    const other = requests.find(({ streamId }) => streamId === 3);
    expect(other?.signal.aborted).toBe(false);
    expect(reasons).toHaveLength(1);
  });

  test('fires when the peer breaks the rules', async () => {
    const { test, requests, reasons } = await waiting();
    const client = await test.open();
    client.notify(1);
    await until('the handler to run', () => requests.length === 1);
    client.send(Buffer.alloc(16, 0xff));
    await client.disconnect();
    expect(reasons.map(code)).toEqual(['SPOA_FRAME_UNEXPECTED']);
  });

  test('fires when the agent is closed and its patience ends', async () => {
    const { test, requests, reasons } = await waiting();
    const client = await test.open();
    client.notify(1);
    await until('the handler to run', () => requests.length === 1);
    const closed = test.agent.close({ timeoutMs: 1 });
    expect(await client.ack()).toMatchObject({ streamId: 1, actions: [] });
    await client.disconnect();
    await client.destroy();
    await closed;
    expect(reasons.map(code)).toEqual(['SPOA_AGENT_CLOSED']);
  });

  test('fires when HAProxy has said goodbye and the time for its answers is over', async () => {
    const { test, requests, reasons } = await waiting({ closeTimeoutMs: 10 });
    const client = await test.open();
    client.notify(1);
    await until('the handler to run', () => requests.length === 1);
    client.send(encodeHaproxyDisconnect({ statusCode: 0, message: 'bye' }));
    expect((await client.disconnect()).statusCode).toBe(2);
    expect(reasons).toHaveLength(1);
  });

  test('does not fire after the ACK', async () => {
    const signals: AbortSignal[] = [];
    const test = await startAgent(async ({ signal }) => {
      signals.push(signal);
    });
    const client = await test.open();
    client.notify(1, 3);
    await client.acks(2);
    await client.destroy();
    await until('the connection to be gone', () => test.agent.connections === 0);
    expect(signals.map(({ aborted }) => aborted)).toEqual([false, false]);
  });

  test('asked for when the connection is gone already, it has fired', async () => {
    const gone = deferred();
    const results: unknown[] = [];
    const test = await startAgent(async (request) => {
      await gone.promise;
      results.push(request.signal.aborted, code(request.signal.reason));
    });
    const client = await test.open();
    client.notify(1);
    await until('the handler to run', () => test.agent.connections === 1 && client.frames.length === 1);
    await client.destroy();
    await until('the connection to be gone', () => test.agent.connections === 0);
    gone.resolve();
    await until('the handler to look', () => results.length === 2);
    expect(results).toEqual([true, 'SPOA_DISCONNECTED']);
  });

  test('a handler that fails because of it is not logged as a failure', async () => {
    const { promise, resolve } = deferred<NotifyContext>();
    let ended = false;
    const test = await startAgent(async (request) => {
      resolve(request);
      try {
        await new Promise((_, reject) => request.signal.addEventListener('abort', () => reject(request.signal.reason)));
      } finally {
        ended = true;
      }
    });
    const client = await test.open();
    client.notify(1);
    await promise;
    await client.destroy();
    await until('the handler to end', () => ended);
    await until('the connection to be gone', () => test.agent.connections === 0);
    expect(test.log.loud).toEqual([]);
  });
});
