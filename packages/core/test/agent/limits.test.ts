import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { createAgent, DEFAULT_LIMITS, encodeHaproxyHello, type Limits } from '../../src/index.ts';
import { expectSpoaError } from '../wire/expect-spoa-error.ts';
import { HELLO, message, notify, OLD_HELLO } from './support/raw-client.ts';
import { startAgent, type TestAgent } from './support/test-agent.ts';
import { type Deferred, deferred, until } from './support/until.ts';

describe('options', () => {
  const LOWEST: Readonly<Limits> = {
    maxFrameSize: 256,
    maxNotifySize: 256,
    maxConnections: 1,
    maxInFlight: 1,
    maxInFlightBytes: 1,
    helloTimeoutMs: 0,
    frameTimeoutMs: 0,
    idleTimeoutMs: 0,
    closeTimeoutMs: 0,
  };

  test.each(Object.entries(LOWEST))('%s may be %d and 2^31-1, but not less or more', (name, lowest) => {
    const make = (value: unknown) => () => createAgent(() => undefined, { [name]: value });
    for (const good of [lowest, 2 ** 31 - 1, undefined]) make(good)();
    for (const bad of [lowest - 1, 2 ** 31, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '1']) {
      const error = expectSpoaError('SPOA_VALUE_OUT_OF_RANGE', make(bad));
      expect(error.message).toContain(name);
    }
  });

  test('have defaults', () => {
    expect(Object.keys(DEFAULT_LIMITS)).toEqual(Object.keys(LOWEST));
    expect(Object.isFrozen(DEFAULT_LIMITS)).toBe(true);
  });
});

describe('maxConnections', () => {
  test('one more is closed without a word, and the others never notice', async () => {
    const test = await startAgent(undefined, { maxConnections: 2 });
    const [first, second] = [await test.open(), await test.open()];
    const third = await test.connect();
    await until('the third to be closed', () => third.ended || third.closed);
    expect(third.frames).toEqual([]);
    expect(test.agent.connections).toBe(2);
    expect(test.log.loud).toMatchObject([
      { level: 'warn', facts: { code: 'SPOA_TOO_MANY_CONNECTIONS', maxConnections: 2 } },
    ]);
    for (const client of [first, second]) {
      client.notify(1);
      await client.ack();
    }
  });

  test('a place that becomes free is given again', async () => {
    const test = await startAgent(undefined, { maxConnections: 1 });
    for (let i = 0; i < 5; i++) {
      const client = await test.open();
      client.notify(1);
      await client.ack();
      await client.destroy();
      await until('the place', () => test.agent.connections === 0);
    }
    expect(test.log.loud).toEqual([]);
  });

  test('holds for connections that others made', async () => {
    const test = await startAgent(undefined, { maxConnections: 1 });
    await test.open();
    const { agentSide } = test.pair();
    if (!agentSide.closed) await once(agentSide, 'close');
    expect(test.agent.connections).toBe(1);
  });
});

describe('maxInFlight and maxInFlightBytes', () => {
  interface Stage {
    readonly test: TestAgent;
    /** The handlers that run, in the order in which they began. */
    readonly running: Deferred[];
    most: number;
    begun: number;
  }

  async function stage(limits: Partial<Limits>): Promise<Stage> {
    const running: Deferred[] = [];
    const stage = { running, most: 0, begun: 0 };
    const test = await startAgent(async () => {
      const gate = deferred();
      running.push(gate);
      stage.begun++;
      stage.most = Math.max(stage.most, running.length);
      await gate.promise;
      running.splice(running.indexOf(gate), 1);
    }, limits);
    return Object.assign(stage, { test });
  }

  const ids = (count: number): number[] => Array.from({ length: count }, (_, i) => 2 * i + 1);

  test.each([
    ['in one packet', (frames: Buffer[]) => [Buffer.concat(frames)]],
    ['in packets of their own', (frames: Buffer[]) => frames],
    ['in packets that end in mid-frame', (frames: Buffer[]) => chunks(Buffer.concat(frames), 50)],
  ])('is never passed by NOTIFYs %s', async (_, cut) => {
    const it = await stage({ maxInFlight: 3 });
    const client = await it.test.open();
    const frames = ids(20).map((streamId) => notify(streamId));
    for (const packet of cut(frames)) await client.flush(packet);
    for (let done = 0; done < 20; done++) {
      await until('as many as allowed to run', () => it.running.length === Math.min(3, 20 - done));
      it.running[0]?.resolve();
      await client.ack();
    }
    expect(it.most).toBe(3);
    await client.bye();
    expect(it.test.log.loud).toEqual([]);
  });

  test.each([
    ['one of them at least', 1, 1],
    ['as many as begin below it', 2001, 3],
    ['all', 20_000, 20],
  ])('in bytes: %s', async (_, maxInFlightBytes, most) => {
    const it = await stage({ maxInFlightBytes });
    const client = await it.test.open();
    // A NOTIFY's payload of 1,000 bytes: name, count, name, type, length and text.
    const sized = message('m', [['text', 'x'.repeat(1000 - 2 - 1 - 5 - 1 - 2)]]);
    client.send(...ids(20).map((streamId) => notify(streamId, [sized])));
    for (let done = 0; done < 20; done++) {
      await until('as many as allowed to run', () => it.running.length === Math.min(most, 20 - done));
      it.running[0]?.resolve();
      await client.ack();
    }
    expect(it.most).toBe(most);
    await client.bye();
    expect(it.test.log.loud).toEqual([]);
  });

  test('of one handles them one after the other', async () => {
    const it = await stage({ maxInFlight: 1 });
    const client = await it.test.connect();
    client.send(encodeHaproxyHello(HELLO), ...ids(5).map((streamId) => notify(streamId)));
    await client.agentHello();
    for (const streamId of ids(5)) {
      await until('a handler to run', () => it.running.length === 1);
      it.running[0]?.resolve();
      expect((await client.ack()).streamId).toBe(streamId);
    }
    expect(it.most).toBe(1);
  });

  test('what waits behind it stays as it was, whatever others send meanwhile', async () => {
    const gate = deferred();
    const test = await startAgent(
      async (request) => {
        if (request.streamId >= 1000) return;
        await gate.promise;
        request.setVar('session', 'text', request.messages.get('m')?.get('text'));
      },
      { maxInFlight: 1 },
    );
    const [client, other] = [await test.open(), await test.open()];
    const texts = ids(40).map((id) => `text ${id} ${'x'.repeat(id)}`);
    client.send(...texts.map((text, i) => notify(i, [message('m', [['text', text]])])));
    for (let round = 0; round < 5; round++) {
      const noise = message('m', [['text', 'y'.repeat(60)]]);
      other.send(...ids(200).map((id) => notify(1000 + id, [noise])));
      await other.acks(200);
    }
    gate.resolve();
    for (const { streamId, actions } of await client.acks(40))
      expect(actions).toMatchObject([{ value: texts[streamId] }]);
    expect(test.log.loud).toEqual([]);
  });

  test('holds for each connection by itself', async () => {
    const it = await stage({ maxInFlight: 2 });
    const clients = [await it.test.open(), await it.test.open()];
    for (const client of clients) client.notify(...ids(4));
    await until('both to reach it', () => it.running.length === 4);
    for (const gate of [...it.running]) gate.resolve();
    await until('the rest', () => it.begun === 8);
    for (const gate of [...it.running]) gate.resolve();
    for (const client of clients) await client.acks(4);
    expect(it.most).toBe(4);
  });

  test('does not count handlers that are not async', async () => {
    const test = await startAgent(() => undefined, { maxInFlight: 1 });
    const client = await test.open();
    client.notify(...ids(500));
    await client.acks(500);
  });

  test('of one, with thenables that call back at once, in one packet of many', async () => {
    const done = (then: () => void): void => then();
    const test = await startAgent(() => Object.fromEntries([['then', done]]), { maxInFlight: 1 });
    const client = await test.open(OLD_HELLO);
    client.notify(...ids(20_000));
    expect((await client.acks(20_000)).map(({ streamId }) => streamId)).toEqual(ids(20_000));
    expect(test.log.loud).toEqual([]);
  });

  test('the goodbye behind it is read when there is room', async () => {
    const it = await stage({ maxInFlight: 1 });
    const client = await it.test.open();
    client.notify(1, 3);
    const bye = client.bye().catch((error: Error) => error.message);
    await until('a handler to run', () => it.running.length === 1);
    it.running[0]?.resolve();
    expect(await bye).toContain('instead of AGENT-DISCONNECT');
    await until('a handler to run', () => it.running.length === 1);
    it.running[0]?.resolve();
    await client.ack();
    expect((await client.disconnect()).statusCode).toBe(0);
  });
});

describe('large numbers', () => {
  test('a thousand NOTIFYs in flight', async () => {
    const gate = deferred();
    let running = 0;
    const test = await startAgent(async (request) => {
      running++;
      await gate.promise;
      request.setVar('session', 'id', request.messages.get('m')?.get('id'));
    });
    const client = await test.open();
    client.send(...Array.from({ length: 1000 }, (_, id) => notify(id, [message('m', [['id', id]])])));
    await until('all of them', () => running === 1000);
    gate.resolve();
    for (const { streamId, actions } of await client.acks(1000)) expect(actions).toMatchObject([{ value: streamId }]);
  });

  test('two hundred connections', async () => {
    const test = await startAgent(async () => undefined);
    const clients = await Promise.all(Array.from({ length: 200 }, () => test.open()));
    for (const client of clients) client.notify(1, 3);
    await Promise.all(clients.map((client) => client.acks(2)));
    expect(test.agent.connections).toBe(200);
  });
});

function chunks(bytes: Buffer, size: number): Buffer[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size));
}
