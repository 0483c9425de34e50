import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect as connectSocket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectEngine, createAgent } from '@spoa/core';
import { pino } from 'pino';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Arg, defineMessage, IpAddress, SetVar, SpoaApplication, SpoeMessage } from '../../src/index.ts';
import { deferred } from '../support/deferred.ts';
import { RecordedLog } from '../support/recorded-log.ts';
import { connect, message, startApplication } from '../support/test-application.ts';
import { until } from '../support/until.ts';

@SpoeMessage('get-ip-reputation')
class IpReputation {
  @SetVar('ip_score', { scope: 'session' })
  handle(@Arg('ip') ip: IpAddress): number {
    return ip.family * 10;
  }
}

const asks = message('get-ip-reputation', ['ip', IpAddress.v4(1)]);

async function start() {
  const log = new RecordedLog();
  const app = await SpoaApplication.create({ controllers: [IpReputation], logger: log.logger });
  onTestFinished(() => app.close({ timeoutMs: 0, quietMs: 0 }));
  return { app, log };
}

describe('an application', () => {
  test('listens on several addresses at once, and says so', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'spoa-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const { app, log } = await start();
    const path = join(folder, 'agent.sock');
    const addresses = [await app.listen({ port: 0, host: '127.0.0.1' }), await app.listen({ path })];
    expect(
      log
        .lines()
        .filter(({ msg }) => msg === 'listening')
        .map(({ address }) => address),
    ).toEqual(addresses);
    for (const target of [{ port: (addresses[0] as { port: number }).port }, { path }]) {
      await using engine = await connectEngine(target);
      expect((await engine.notify([asks])).get('session', 'ip_score')).toBe(40);
    }
  });

  test('says who asks: the peer of each failure', async () => {
    const { app, log } = await start();
    const { port } = (await app.listen({ port: 0, host: '127.0.0.1' })) as { port: number };
    await using engine = await connectEngine({ port });
    await engine.notify([message('get-ip-reputation'), message('unknown')]);
    const transport = { transport: 'tcp', address: '127.0.0.1', port: expect.any(Number) };
    expect(log.loud).toMatchObject([{ peer: transport }, { peer: transport }]);
  });

  test('without controllers answers with empty ACKs', async () => {
    const { notify } = await startApplication({ controllers: [] });
    expect((await notify(asks)).actions).toEqual([]);
  });

  test('gives its handler to an agent of somebody else', async () => {
    const { app } = await start();
    const agent = createAgent(app.handler);
    onTestFinished(() => agent.close({ timeoutMs: 0 }));
    const { port } = (await agent.listen({ port: 0, host: '127.0.0.1' })) as { port: number };
    await using engine = await connectEngine({ port });
    expect((await engine.notify([asks])).get('session', 'ip_score')).toBe(40);
  });

  test.each([
    ['fulfilled', async () => ({ v: 1 }), 1],
    ['rejected', () => Promise.reject(new Error('no')), 50],
  ])('gives a handler whose promise others may pass on as they like: %s', async (_, handle, expected) => {
    const fallback = { session: { v: 50 } };
    const controllers = [
      defineMessage({ name: 'm', vars: { v: 'session' }, fallback, handle: handle as unknown as () => undefined }),
    ];
    const app = await SpoaApplication.create({ controllers, logger: false });
    const agent = createAgent(async (notify) => {
      await app.handler(notify);
      return 'something else';
    });
    onTestFinished(() => agent.close({ timeoutMs: 0 }));
    const { engine } = await connect(agent);
    expect((await engine.notify([message('m')])).get('session', 'v')).toBe(expected);
  });

  test('gives a handler whose promise never rejects, not even when nobody waits any more', async () => {
    const { promise, resolve } = deferred<void>();
    const results: unknown[] = [];
    const controllers = [
      defineMessage({
        name: 'slow',
        vars: { v: 'session' },
        async handle() {
          await promise;
          return { v: 1 };
        },
      }),
    ];
    const app = await SpoaApplication.create({ controllers, logger: false });
    const agent = createAgent((notify) => {
      const result = app.handler(notify);
      results.push(result);
      return result;
    });
    onTestFinished(() => agent.close({ timeoutMs: 0 }));
    const { engine } = await connect(agent);
    const answer = engine.notify([message('slow')]);
    await until('the handler', () => results.length === 1);
    engine.destroy();
    await expect(answer).rejects.toMatchObject({ code: 'SPOA_DISCONNECTED' });
    await until('the end of the connection', () => agent.connections === 0);
    resolve();
    await expect(results[0]).resolves.toBeUndefined();
  });

  test('passes the limits on to its agent', async () => {
    const { engine } = await startApplication({ controllers: [IpReputation], maxFrameSize: 1000 });
    expect(engine.maxFrameSize).toBe(1000);
  });

  test('that is closed refuses connections, and says that it is closed', async () => {
    const { app, log } = await start();
    const { port } = (await app.listen({ port: 0, host: '127.0.0.1' })) as { port: number };
    await app.close();
    expect(log.lines().at(-1)?.msg).toBe('closed');
    const socket = connectSocket(port, '127.0.0.1');
    await expect(once(socket, 'connect')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await expect(connect(app)).rejects.toMatchObject({ code: 'SPOA_AGENT_CLOSED' });
    await expect(app.listen({ port: 0 })).rejects.toMatchObject({ code: 'SPOA_AGENT_CLOSED' });
  });

  test('that closes answers what is in flight, and disposes only then', async () => {
    const events: string[] = [];
    let finish: (() => void) | undefined;
    const controllers = [
      defineMessage({
        name: 'slow',
        vars: { v: 'session' },
        async handle() {
          await new Promise<void>((resolve) => {
            finish = resolve;
          });
          events.push('handled');
          return { v: 1 };
        },
      }),
    ];
    const database = { provide: 'database', useFactory: () => 1, dispose: () => events.push('disposed') };
    const { app, notify } = await startApplication({ controllers, providers: [database] });
    const answer = notify(message('slow'));
    await until('the handler', () => finish !== undefined);
    const closed = app.close({ quietMs: 0 });
    finish?.();
    expect((await answer).get('session', 'v')).toBe(1);
    await closed;
    expect(events).toEqual(['handled', 'disposed']);
  });
});

describe('the log', () => {
  test("is a pino of one's own", async () => {
    const { app, log } = await start();
    expect(app.logger).toBe(log.logger);
  });

  test('is made from options', async () => {
    const app = await SpoaApplication.create({ controllers: [], logger: { level: 'warn', base: { app: 'mine' } } });
    expect(app.logger.level).toBe('warn');
    expect(app.logger.bindings()).toEqual({ app: 'mine' });
    await app.close();
  });

  test('is silent where none is wanted', async () => {
    const app = await SpoaApplication.create({ controllers: [], logger: false });
    expect(app.logger.level).toBe('silent');
    await app.close();
  });

  test('may leave levels out: what is not logged is counted all the same', async () => {
    const texts: string[] = [];
    const logger = pino({ level: 'fatal' }, { write: (text) => void texts.push(text) });
    const { app, notify } = await startApplication({ controllers: [IpReputation], logger });
    await notify(message('unknown'), message('get-ip-reputation'));
    expect(texts).toEqual([]);
    expect(app.unknownMessages.get('unknown')).toBe(1);
    expect(app.failures.get('get-ip-reputation SPOA_ARGUMENT_MISSING')).toBe(1);
  });
});

describe('a message made by defineMessage', () => {
  test("keeps what HAProxy's side is generated from", () => {
    const { message: made } = defineMessage({
      name: 'get-ip-reputation',
      event: 'on-client-session',
      if: '{ src 10.0.0.0/8 }',
      args: { ip: { type: 'ip', sample: 'src' } },
      handle: () => {},
    });
    expect(made).toEqual({ name: 'get-ip-reputation', event: 'on-client-session', if: '{ src 10.0.0.0/8 }' });
  });

  test('serves in several applications, each on its own', async () => {
    const one = defineMessage({
      name: 'm',
      args: { a: 'number', b: { type: 'number', name: 'other' }, c: { type: 'string', name: 0 } },
      vars: { sum: 'session', first: { scope: 'transaction', name: 'c' } },
      handle: ({ a, b, c }) => ({ sum: a + b, first: c }),
    });
    const apps = [await startApplication({ controllers: [one] }), await startApplication({ controllers: [one] })];
    for (const [i, { notify }] of apps.entries()) {
      const ack = await notify(message('m', ['c', 'text'], ['other', i], ['a', 1]));
      expect([ack.get('session', 'sum'), ack.get('transaction', 'c')]).toEqual([1 + i, 'text']);
    }
    await apps[0]?.notify(message('m'));
    expect(apps[0]?.app.failures.size).toBe(1);
    expect(apps[1]?.app.failures.size).toBe(0);
  });

  test('sets its variables in the order in which they are declared, whatever is left out', async () => {
    const controllers = [
      defineMessage({
        name: 'm',
        vars: { a: 'session', b: 'session', c: 'session' },
        handle: () => ({ c: 3, b: undefined, a: null }),
      }),
    ];
    const { notify } = await startApplication({ controllers });
    expect((await notify(message('m'))).actions).toMatchObject([
      { type: 'unset-var', name: 'a' },
      { type: 'set-var', name: 'c' },
    ]);
  });

  test('gets the NOTIFY beside its arguments', async () => {
    const seen: unknown[] = [];
    const controllers = [
      defineMessage({ name: 'm', args: { a: 'any' }, handle: ({ a }, notify) => void seen.push(a, notify.streamId) }),
      defineMessage({ name: 'n', handle: (args, notify) => void seen.push({ ...args }, notify.messages.length) }),
    ];
    const { engine } = await startApplication({ controllers });
    await engine.notify([message('m', ['a', 1]), message('n', ['a', 1])], { streamId: 99 });
    expect(seen).toEqual([1, 99, {}, 2]);
  });
});
