import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { connectEngine, encodeHaproxyHello, ipv4, type NotifyContext } from '../../src/index.ts';
import { HELLO, message, notify, type RawClient } from './support/raw-client.ts';
import { TestAgent } from './support/test-agent.ts';
import { TRANSPORTS } from './support/transports.ts';
import { until } from './support/until.ts';

/** Says in variables what it was given. */
async function tell(request: NotifyContext): Promise<void> {
  const { peer, engineId, streamId, frameId } = request;
  const asked = request.messages.get('ask')?.get('n');
  await Promise.resolve();
  request.setVar('transaction', 'n', asked);
  if (asked !== 42) return;
  request.setVar('transaction', 'transport', peer.transport);
  request.setVar('transaction', 'engine', engineId ?? null);
  request.setVar('transaction', 'ids', `${streamId}/${frameId}`);
}

describe.each(TRANSPORTS)('S2-01 an agent over $name', (transport) => {
  async function start(): Promise<{
    test: TestAgent;
    dial: () => Promise<Duplex>;
    connect: () => Promise<RawClient>;
  }> {
    const test = new TestAgent(tell);
    const dial = await transport.start(test);
    return { test, dial, connect: async () => test.client(await dial()) };
  }

  test('greets, answers and says goodbye', async () => {
    const { connect, test } = await start();
    const client = await connect();
    expect(await client.hello()).toEqual({ version: '2.0', maxFrameSize: 16380, capabilities: ['pipelining'] });
    client.send(notify(7, [message('ask', [['n', 42]])], 3));
    expect(await client.ack()).toEqual({
      streamId: 7,
      frameId: 3,
      flags: 1,
      actions: [
        { type: 'set-var', scope: 'transaction', name: 'n', value: 42 },
        { type: 'set-var', scope: 'transaction', name: 'transport', value: transport.peer },
        { type: 'set-var', scope: 'transaction', name: 'engine', value: HELLO.engineId },
        { type: 'set-var', scope: 'transaction', name: 'ids', value: '7/3' },
      ],
    });
    expect(await client.bye()).toEqual({ statusCode: 0, message: 'normal' });
    client.duplex.end();
    await until('the connection to be gone', () => test.agent.connections === 0);
    expect(test.log.loud).toEqual([]);
  });

  test('answers a health check and closes', async () => {
    const { connect, test } = await start();
    const client = await connect();
    const { engineId: _, ...hello } = HELLO;
    client.send(encodeHaproxyHello({ ...hello, capabilities: [], healthcheck: true }));
    expect(await client.agentHello()).toEqual({ version: '2.0', maxFrameSize: 16380, capabilities: [] });
    await client.end();
    expect(test.log.loud).toEqual([]);
  });

  test('takes whatever pieces the stream comes in', async () => {
    const { connect } = await start();
    const client = await connect();
    const conversation = Buffer.concat([
      encodeHaproxyHello(HELLO),
      ...[1, 3, 5].map((streamId) => notify(streamId, [message('ask', [['n', ipv4('192.0.2.1')]])])),
    ]);
    for (const byte of conversation) await client.flush(Buffer.from([byte]));
    await client.agentHello();
    expect((await client.acks(3)).map(({ streamId }) => streamId)).toEqual([1, 3, 5]);
  });

  test('carries frames of the largest size both ways', async () => {
    const { connect } = await start();
    const client = await connect();
    await client.hello();
    const frameOf = (text: string): Buffer => notify(1, [message('ask', [['n', text]])]);
    // One byte below what was agreed on: HAProxy 3.1 and newer stall on the largest legal frame.
    const text = 'x'.repeat(16379 + 4 - frameOf('x'.repeat(16_000)).length + 16_000);
    const frame = frameOf(text);
    expect(frame.length).toBe(16379 + 4);
    client.send(frame, frame, frame, frame);
    for (const { actions } of await client.acks(4)) {
      expect(actions).toHaveLength(1);
      expect(actions[0]?.type === 'set-var' && actions[0].value === text).toBe(true);
    }
  });

  test('keeps two connections apart', async () => {
    const { connect } = await start();
    const [first, second] = [await connect(), await connect()];
    await first.hello({ engineId: 'one' });
    await second.hello({ engineId: 'two' });
    for (const client of [first, second]) client.send(notify(1, [message('ask', [['n', 42]])]));
    expect((await first.ack()).actions[2]).toMatchObject({ name: 'engine', value: 'one' });
    expect((await second.ack()).actions[2]).toMatchObject({ name: 'engine', value: 'two' });
  });

  if (transport.tellsOfBreaks) {
    test('takes a connection that breaks as its normal end', async () => {
      const { connect, test } = await start();
      const client = await connect();
      await client.hello();
      client.notify(1);
      await client.ack();
      client.duplex.destroy();
      await once(client.duplex, 'close');
      await until('the connection to be gone', () => test.agent.connections === 0);
      expect(test.log.loud).toEqual([]);
    });
  }

  test('S2-11 the engine, as strict as HAProxy, finds nothing wrong', async () => {
    const { dial, test } = await start();
    await using engine = await connectEngine({ duplex: await dial() }, { capabilities: ['pipelining', 'async'] });
    const numbers = Array.from({ length: 500 }, (_, i) => i);
    const texts = numbers.map((i) => 'x'.repeat((i * 37) % 30_000));
    const acks = await Promise.all(texts.map((text) => engine.notify([message('ask', [['n', text]])])));
    // What is larger than a frame comes in fragments, and its answer does not fit.
    for (const [i, ack] of acks.entries()) {
      const text = texts[i] as string;
      if (text.length < 16_000) expect(ack.get('transaction', 'n') === text).toBe(true);
      else if (text.length > 16_380) expect(ack.get('transaction', 'n')).toBeUndefined();
    }
    expect(engine.violations).toEqual([]);
    expect(test.log.loud.every(({ message }) => message === 'NOTIFY failed: its ACK is empty')).toBe(true);
  });

  test('closes', async () => {
    const { connect, test } = await start();
    const client = await connect();
    await client.hello();
    const closed = test.agent.close({ quietMs: 10 });
    expect(await client.disconnect()).toEqual({ statusCode: 0, message: 'the agent is closing' });
    client.duplex.end();
    await closed;
    expect(test.agent.connections).toBe(0);
  });
});
