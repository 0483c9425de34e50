import { once } from 'node:events';
import type { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { encodeHaproxyDisconnect, encodeHaproxyHello, FrameType, type Handler } from '../../src/index.ts';
import { HELLO, items, message, notify, rawFrame } from './support/raw-client.ts';
import { startAgent } from './support/test-agent.ts';
import { deferred, until } from './support/until.ts';

const BYE = encodeHaproxyDisconnect({ statusCode: 0, message: 'bye' });

describe('S2-23 HAPROXY-DISCONNECT', () => {
  test('is answered with AGENT-DISCONNECT 0 in one write, and the connection closes', async () => {
    const test = await startAgent();
    const { client, writes } = test.pair();
    await client.hello();
    expect(await client.bye()).toEqual({ statusCode: 0, message: 'normal' });
    expect(writes).toHaveLength(2);
    expect(test.log.loud).toEqual([]);
  });

  test('waits for the NOTIFYs in flight', async () => {
    const gate = deferred();
    const test = await startAgent(async (request) => {
      await gate.promise;
      request.setVar('session', 'late', true);
    });
    const client = await test.open();
    client.notify(1, 3);
    client.send(BYE);
    await until('the goodbye to be read', () =>
      test.log.lines.some(({ message }) => message === 'HAProxy disconnects'),
    );
    expect(client.frames).toHaveLength(1);
    gate.resolve();
    for (const ack of await client.acks(2)) expect(ack.actions).toMatchObject([{ name: 'late', value: true }]);
    expect(await client.disconnect()).toEqual({ statusCode: 0, message: 'normal' });
  });

  test('answers those that came in the same packet before it, and none behind it', async () => {
    const streamIds: number[] = [];
    const test = await startAgent((request) => {
      streamIds.push(request.streamId);
    });
    const client = await test.open();
    client.send(notify(1), notify(3), BYE, notify(5), Buffer.alloc(100, 0xff));
    await client.acks(2);
    expect((await client.disconnect()).statusCode).toBe(0);
    expect(streamIds).toEqual([1, 3]);
    expect(test.log.loud).toEqual([]);
  });

  test('does not wait for ever', async () => {
    const test = await startAgent(() => new Promise(() => undefined), { closeTimeoutMs: 20 });
    const client = await test.open();
    client.notify(1);
    client.send(BYE);
    expect((await client.disconnect()).statusCode).toBe(2);
    client.duplex.end();
    await until('the connection to be gone', () => test.agent.connections === 0);
  });

  test.each([
    [0, 'debug'],
    [2, 'debug'],
    [1, 'warn'],
    [3, 'warn'],
    [42, 'warn'],
    [99, 'warn'],
    [1000, 'warn'],
  ] as const)('status %d is a line of level %s', async (statusCode, level) => {
    const test = await startAgent();
    const client = await test.open();
    expect(await client.bye(statusCode, 'the reason')).toEqual({ statusCode: 0, message: 'normal' });
    const line = test.log.lines.find(({ facts }) => facts.status === statusCode);
    expect(line).toMatchObject({ level, facts: { reason: 'the reason', engineId: HELLO.engineId } });
  });

  test.each([
    ['nothing in it', Buffer.alloc(0), 0],
    ['unknown items', items(['x', 1], ['status-code', 0]), 0],
    ['a status that is no integer', items(['status-code', 'normal']), 4],
    ['half an item', items(['message', 'abcdef']).subarray(0, 12), 4],
  ])('with %s', async (_, payload, status) => {
    const test = await startAgent();
    const client = await test.open();
    client.send(rawFrame(FrameType.HAPROXY_DISCONNECT, payload));
    expect((await client.disconnect()).statusCode).toBe(status);
    expect(test.log.loud).toHaveLength(status === 0 ? 0 : 1);
  });
});

describe('S2-24 the end of a connection is nothing to worry about', () => {
  const slow: Handler = () => new Promise(() => undefined);

  const MOMENTS: Record<string, { handler: Handler; before: Uint8Array[]; frames: number }> = {
    'before HELLO': { handler: slow, before: [], frames: 0 },
    'in mid-HELLO': { handler: slow, before: [encodeHaproxyHello(HELLO).subarray(0, 20)], frames: 0 },
    'after HELLO': { handler: slow, before: [encodeHaproxyHello(HELLO)], frames: 1 },
    'in mid-frame': { handler: slow, before: [encodeHaproxyHello(HELLO), notify(1).subarray(0, 12)], frames: 1 },
    'with NOTIFYs in flight': { handler: slow, before: [encodeHaproxyHello(HELLO), notify(1), notify(3)], frames: 1 },
    'after an ACK': { handler: () => undefined, before: [encodeHaproxyHello(HELLO), notify(1)], frames: 2 },
    'after its goodbye': { handler: slow, before: [encodeHaproxyHello(HELLO), notify(1), BYE], frames: 1 },
  };
  const ENDS: Record<string, (socket: Socket) => void> = {
    FIN: (socket) => socket.end(),
    RST: (socket) => socket.resetAndDestroy(),
    close: (socket) => socket.destroy(),
  };

  describe.each(Object.keys(ENDS))('%s', (how) => {
    test.each(Object.entries(MOMENTS))('%s', async (_, { handler, before, frames }) => {
      const test = await startAgent(handler);
      const client = await test.connect();
      for (const bytes of before) await client.flush(bytes);
      await until('the answers', () => client.frames.length === frames);
      await until('the connection to be there', () => test.agent.connections === 1);
      ENDS[how]?.(client.duplex as Socket);
      await until('the connection to be gone', () => test.agent.connections === 0);
      expect(test.log.loud).toEqual([]);
    });
  });

  test('EPIPE or ECONNRESET under ACKs that nobody wants', async () => {
    const gate = deferred();
    const test = await startAgent(async (request) => {
      await gate.promise;
      request.setVar('session', 'x', 'x'.repeat(10_000));
    });
    const client = await test.open();
    client.notify(...Array.from({ length: 200 }, (_, i) => i));
    // The agent writes before it learns of the reset.
    (client.duplex as Socket).resetAndDestroy();
    await once(client.duplex, 'close');
    gate.resolve();
    await until('the connection to be gone', () => test.agent.connections === 0);
    expect(test.log.loud).toEqual([]);
  });

  test('a peer that closes its side gets what is due before', async () => {
    const test = await startAgent((request) => request.setVar('session', 'id', request.streamId));
    const client = await test.open();
    client.send(notify(1, [message('m')]), notify(3, [message('m')]));
    client.duplex.end();
    expect((await client.acks(2)).map(({ streamId }) => streamId)).toEqual([1, 3]);
    await client.end();
    expect(test.log.loud).toEqual([]);
  });

  test('a debug line names a TCP peer by its address, even one that has vanished', async () => {
    const test = await startAgent();
    const client = await test.connect();
    await until('the connection to be there', () => test.agent.connections === 1);
    (client.duplex as Socket).resetAndDestroy();
    await until('the connection to be gone', () => test.agent.connections === 0);
    expect(test.log.lines).toMatchObject([
      { level: 'debug', facts: { peer: { transport: 'tcp', address: '127.0.0.1' } } },
    ]);
  });
});
