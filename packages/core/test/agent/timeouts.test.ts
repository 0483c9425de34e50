import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { encodeHaproxyHello, encodeNotify, type SpoaErrorCode } from '../../src/index.ts';
import { HELLO, message, notify, OLD_HELLO, type RawClient } from './support/raw-client.ts';
import { startAgent, type TestAgent } from './support/test-agent.ts';
import { deferred, until } from './support/until.ts';

async function timedOut(test: TestAgent, client: RawClient, code: SpoaErrorCode): Promise<void> {
  const { statusCode, message } = await client.disconnect();
  expect(statusCode).toBe(2);
  expect(test.log.loud).toEqual([
    {
      level: 'warn',
      facts: { code, status: 2, peer: expect.objectContaining({ address: '127.0.0.1' }) },
      message: `${message}: closed`,
    },
  ]);
  client.duplex.end();
  await until('the connection to be gone', () => test.agent.connections === 0);
}

/** A big NOTIFY, and three parts of it. */
const BIG = notify(1, [message('m', [['x', 'x'.repeat(3000)]])]);
const PARTS = [BIG.subarray(0, 1000), BIG.subarray(1000, 2000), BIG.subarray(2000)] as const;

describe('a peer that is silent', () => {
  test('before HELLO', async () => {
    const test = await startAgent(undefined, { helloTimeoutMs: 20 });
    await timedOut(test, await test.connect(), 'SPOA_HELLO_TIMEOUT');
  });

  test('in mid-HELLO', async () => {
    const test = await startAgent(undefined, { helloTimeoutMs: 20 });
    const client = await test.connect();
    client.send(encodeHaproxyHello(HELLO).subarray(0, 30));
    await timedOut(test, client, 'SPOA_HELLO_TIMEOUT');
  });

  test('after two bytes of whatever it speaks', async () => {
    const test = await startAgent(undefined, { helloTimeoutMs: 20 });
    const client = await test.connect();
    client.send(Buffer.from('hi'));
    await timedOut(test, client, 'SPOA_HELLO_TIMEOUT');
  });

  test.each([1, 4, 5, 12])('after %d bytes of a frame', async (length) => {
    const test = await startAgent(undefined, { frameTimeoutMs: 20 });
    const client = await test.open();
    client.send(notify(1).subarray(0, length));
    await timedOut(test, client, 'SPOA_FRAME_TIMEOUT');
  });

  test('between fragments', async () => {
    const test = await startAgent(undefined, { frameTimeoutMs: 20 });
    const client = await test.open(OLD_HELLO);
    client.send(encodeNotify({ streamId: 1, frameId: 1 }, [message('m', [['x', 'x'.repeat(100)]])], 50)[0] as Buffer);
    await timedOut(test, client, 'SPOA_FRAME_TIMEOUT');
  });

  test('for idleTimeoutMs', async () => {
    const test = await startAgent(undefined, { idleTimeoutMs: 20 });
    const client = await test.open();
    client.notify(1);
    await client.ack();
    await timedOut(test, client, 'SPOA_IDLE_TIMEOUT');
  });

  test('while it waits for an answer is not idle', async () => {
    const gate = deferred();
    const test = await startAgent(() => gate.promise, { idleTimeoutMs: 1 });
    const client = await test.open();
    client.notify(1);
    await looksAtTheClock(3);
    expect(client.ended).toBe(false);
    gate.resolve();
    await client.ack();
    await timedOut(test, client, 'SPOA_IDLE_TIMEOUT');
  });

  test('is left alone where every limit is 0', async () => {
    const options = { helloTimeoutMs: 0, frameTimeoutMs: 0, idleTimeoutMs: 0 };
    const test = await startAgent(undefined, options);
    const [silent, half, idle] = [await test.connect(), await test.open(), await test.open()];
    half.send(notify(1).subarray(0, 10));
    await looksAtTheClock(3);
    expect(test.agent.connections).toBe(3);
    silent.send(encodeHaproxyHello(HELLO));
    await silent.agentHello();
    half.send(notify(1).subarray(10));
    await half.ack();
    idle.notify(1);
    await idle.ack();
    expect(test.log.loud).toEqual([]);
  });
});

describe('a peer that is slow, but alive', () => {
  test('trickles a frame: the time for it counts from its first byte', async () => {
    const test = await startAgent(undefined, { frameTimeoutMs: 300 });
    const client = await test.open();
    const trickle = (async () => {
      for (const byte of BIG) {
        if (client.ended) return;
        await client.flush(Buffer.from([byte]));
        await delay(5);
      }
    })();
    await timedOut(test, client, 'SPOA_FRAME_TIMEOUT');
    await trickle;
  });

  test('ends every packet in mid-frame: the time counts from the first byte of that frame', async () => {
    const frameTimeoutMs = 600;
    const test = await startAgent(undefined, { frameTimeoutMs });
    const client = await test.open();
    const end = performance.now() + 2 * frameTimeoutMs;
    let sent = 0;
    // The end of one frame and the beginning of the next.
    client.send(PARTS[0]);
    while (performance.now() < end) {
      await client.flush(PARTS[1], PARTS[2], PARTS[0]);
      sent++;
      await client.ack();
      await delay(5);
    }
    client.send(PARTS[1], PARTS[2]);
    await client.ack();
    expect(sent).toBeGreaterThan(1);
    expect(test.log.loud).toEqual([]);
  });

  test('ends every packet between fragments: the time counts from the first fragment of that NOTIFY', async () => {
    const frameTimeoutMs = 600;
    const test = await startAgent(undefined, { frameTimeoutMs });
    const client = await test.open(OLD_HELLO);
    const end = performance.now() + 2 * frameTimeoutMs;
    const [first, ...others] = encodeNotify({ streamId: 1, frameId: 1 }, [message('m', [['x', 'x'.repeat(100)]])], 50);
    client.send(first as Buffer);
    while (performance.now() < end) {
      await client.flush(...others, first as Buffer);
      await client.ack();
      await delay(5);
    }
    client.send(...others);
    await client.ack();
    expect(test.log.loud).toEqual([]);
  });
});

test('while the event loop was blocked nobody was silent', async () => {
  const test = await startAgent(undefined, { helloTimeoutMs: 700, frameTimeoutMs: 700, idleTimeoutMs: 700 });
  const [silent, half, idle] = [await test.connect(), await test.open(), await test.open()];
  half.send(PARTS[0]);
  await until('the agent to have read it', () => test.agent.connections === 3);
  // What they say meanwhile is not heard before the clock has been looked at.
  silent.send(encodeHaproxyHello(HELLO));
  half.send(PARTS[1], PARTS[2]);
  idle.notify(3);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);
  await silent.agentHello();
  await half.ack();
  await idle.ack();
  expect(test.log.loud).toEqual([]);
});

describe('a peer that does not close', () => {
  test.each([
    ['after our goodbye', (client: RawClient) => client.bye()],
    ['after a health check', (client: RawClient) => client.end()],
  ])('%s is cut after closeTimeoutMs', async (name, last) => {
    const test = await startAgent(undefined, { closeTimeoutMs: 20 });
    const client = await test.connect();
    // The client's side stays open when the agent's ends.
    (client.duplex as { allowHalfOpen?: boolean }).allowHalfOpen = true;
    await client.hello({ healthcheck: name === 'after a health check' });
    await last(client);
    await until('the connection to be gone', () => test.agent.connections === 0);
    expect(test.log.loud).toEqual([]);
  });

  test('but goes on talking is not listened to', async () => {
    let calls = 0;
    const test = await startAgent(() => void calls++, { closeTimeoutMs: 300 });
    const client = await test.open();
    (client.duplex as { allowHalfOpen?: boolean }).allowHalfOpen = true;
    await client.bye();
    while (test.agent.connections > 0) {
      if (!client.closed) await Promise.race([client.flush(notify(1)), delay(20)]);
      await delay(5);
    }
    expect(calls).toBe(0);
    expect(test.log.loud).toEqual([]);
  });
});

/** As many looks of agents at their clocks: each time an agent that does nothing else times somebody out. */
async function looksAtTheClock(count: number): Promise<void> {
  const test = await startAgent(undefined, { helloTimeoutMs: 1 });
  for (let i = 0; i < count; i++) await (await test.connect()).disconnect();
}
