import { createAgent } from '@spoa/core';
import { describe, expect, test } from 'vitest';
import {
  Arg,
  CONNECTION,
  defineMessage,
  Inject,
  Injectable,
  type NotifyConnection,
  NotifyContext,
  type Provider,
  type ProviderScope,
  SetVar,
  SpoaApplication,
  SpoeMessage,
} from '../../src/index.ts';
import { deferred } from '../support/deferred.ts';
import { LEVEL } from '../support/recorded-log.ts';
import { connect, message, startApplication } from '../support/test-application.ts';
import { until } from '../support/until.ts';

/** A factory of numbers: the first instance is 1. */
function counting(provide: string, scope: ProviderScope, inject: string[] = []): Provider {
  let made = 0;
  return { provide, scope, inject, useFactory: (...rest: string[]) => [provide, ++made, ...rest].join(' ') };
}

/** A controller of the message `name` that answers with what stands for the tokens. */
function telling(name: string, ...tokens: string[]) {
  @SpoeMessage(name)
  class Telling {
    readonly told: string;
    constructor(...told: string[]) {
      this.told = told.join(', ');
    }
    @SetVar('v', { scope: 'session' })
    handle(): string {
      return this.told;
    }
  }
  return { provide: Telling, inject: tokens, useFactory: (...told: string[]) => new Telling(...told) };
}

/** An application with controllers that answer with what stands for tokens. */
async function start(providers: Provider[], ...controllers: ReturnType<typeof telling>[]) {
  const started = await startApplication({
    controllers: controllers.map(({ provide }) => provide),
    providers: [...providers, ...controllers],
  });
  const asked =
    (engine = started.engine) =>
    async (...names: string[]) =>
      (await engine.notify(names.map((name) => message(name)))).actions.map(
        (action) => 'value' in action && action.value,
      );
  return { ...started, asked, ask: asked() };
}

describe('the scope', () => {
  test('singleton: one for all', async () => {
    const { ask } = await start([counting('a', 'singleton')], telling('m', 'a'), telling('n', 'a'));
    expect(await ask('m', 'n')).toEqual(['a 1', 'a 1']);
    expect(await ask('m')).toEqual(['a 1']);
  });

  test('message: one for each NOTIFY, for all of its messages', async () => {
    const { ask } = await start([counting('a', 'message')], telling('m', 'a'), telling('n', 'a'));
    expect(await ask('m', 'n')).toEqual(['a 1', 'a 1']);
    expect(await ask('n', 'm')).toEqual(['a 2', 'a 2']);
  });

  test('connection: one for each connection', async () => {
    const { app, ask, asked } = await start([counting('a', 'connection')], telling('m', 'a'), telling('n', 'a'));
    const other = asked((await connect(app)).engine);
    expect(await ask('m', 'n')).toEqual(['a 1', 'a 1']);
    expect(await other('m')).toEqual(['a 2']);
    expect(await ask('n')).toEqual(['a 1']);
    expect(await other('n', 'm')).toEqual(['a 2', 'a 2']);
  });

  test('transient: one for each place that asks', async () => {
    const providers = [
      counting('a', 'transient'),
      counting('one', 'singleton', ['a', 'a']),
      counting('other', 'singleton', ['a']),
      counting('each', 'message', ['a', 'one']),
    ];
    const { app, ask } = await start(providers, telling('m', 'one', 'other'), telling('n', 'each'));
    expect(app.get('one')).toBe('one 1 a 1 a 2');
    expect(app.get('other')).toBe('other 1 a 3');
    expect(await ask('m', 'n')).toEqual(['one 1 a 1 a 2, other 1 a 3', 'each 1 a 4 one 1 a 1 a 2']);
    expect(await ask('n')).toEqual(['each 2 a 5 one 1 a 1 a 2']);
  });

  test('of a class is what its decorator says, also for one that extends it and for another token', async () => {
    const made: string[] = [];
    @Injectable({ scope: 'message' })
    class Each {
      constructor() {
        made.push(new.target.name);
      }
    }
    class Extending extends Each {}
    @Injectable()
    class Once extends Each {}
    const { ask } = await start(
      [Extending, Once, { provide: 'each', useClass: Each }, { provide: 'once', useClass: Each, scope: 'singleton' }],
      telling('m', 'each', Extending as unknown as string, Once as unknown as string, 'once'),
    );
    expect(made).toEqual(['Once', 'Each']);
    await ask('m');
    await ask('m');
    expect(made).toEqual(['Once', 'Each', 'Each', 'Extending', 'Each', 'Extending']);
  });
});

describe('what depends on a narrower scope', () => {
  test('becomes as narrow, whatever is in between', async () => {
    const providers: Provider[] = [
      counting('once', 'singleton'),
      counting('line', 'connection', ['once']),
      counting('each', 'message'),
      { provide: 'alias', useExisting: 'each' },
      counting('fresh', 'transient', ['alias']),
      counting('a', 'singleton', ['line']),
      counting('b', 'singleton', ['fresh', 'a']),
    ];
    const { app, ask, asked } = await start(providers, telling('a', 'a'), telling('b', 'b'), telling('once', 'once'));
    expect(await ask('a', 'b', 'once')).toEqual([
      'a 1 line 1 once 1',
      'b 1 fresh 1 each 1 a 1 line 1 once 1',
      'once 1',
    ]);
    expect(await ask('a', 'b')).toEqual(['a 1 line 1 once 1', 'b 2 fresh 2 each 2 a 1 line 1 once 1']);
    const other = asked((await connect(app)).engine);
    expect(await other('a', 'once')).toEqual(['a 2 line 2 once 1', 'once 1']);
  });

  test('is the controller: a new one for each NOTIFY, with the NOTIFY that it is for', async () => {
    @Injectable()
    class Tracing {
      constructor(readonly notify: NotifyContext) {}
    }
    let made = 0;
    @SpoeMessage('m')
    class Controller {
      constructor(
        private readonly tracing: Tracing,
        private readonly notify: NotifyContext,
      ) {
        made++;
      }
      @SetVar('v', { scope: 'session' })
      handle(@Arg('a') a: number, @Arg('b', { optional: true }) b?: string): string {
        return [a, b, this.tracing.notify === this.notify, this.notify.streamId].join(' ');
      }
    }
    const { engine } = await startApplication({ controllers: [Controller], providers: [Tracing] });
    for (const streamId of [5, 6]) {
      const ack = await engine.notify([message('m', ['a', 1])], { streamId });
      expect(ack.get('session', 'v')).toBe(`1  true ${streamId}`);
    }
    expect(made).toBe(2);
  });

  test('knows its connection', async () => {
    const connections: NotifyConnection[] = [];
    @Injectable()
    class Line {
      constructor(@Inject(CONNECTION) connection: NotifyConnection) {
        connections.push(connection);
      }
    }
    const { app, ask, engine } = await start([Line], telling('m', Line as unknown as string));
    await ask('m');
    await ask('m');
    expect(connections).toHaveLength(1);
    const [connection] = connections as [NotifyConnection];
    expect(connection.peer).toEqual({ transport: 'stream' });
    expect(connection.engineId).toMatch(/^[0-9a-f-]{36}$/);
    expect(connection.signal.aborted).toBe(false);
    engine.destroy();
    await until('the end of the connection', () => connection.signal.aborted);
    expect(connection.signal.reason).toMatchObject({ code: 'SPOA_DISCONNECTED' });
    await app.close();
  });

  test('cannot be had from the application', async () => {
    const app = await SpoaApplication.create({
      controllers: [],
      logger: false,
      providers: [
        counting('each', 'message'),
        counting('line', 'connection'),
        counting('fresh', 'transient'),
        { provide: 'alias', useExisting: 'fresh' },
        counting('bubbled', 'singleton', ['each']),
      ],
    });
    for (const [token, made] of [
      ['each', 'for each NOTIFY'],
      ['line', 'for each connection'],
      ['fresh', 'for each place that asks for it'],
      ['alias', 'for each place that asks for it'],
      ['bubbled', 'for each NOTIFY'],
      [NotifyContext, 'for each NOTIFY'],
      [CONNECTION, 'for each connection'],
    ] as const) {
      expect(() => app.get<unknown>(token)).toThrow(
        expect.objectContaining({
          faults: [expect.objectContaining({ code: 'SPOA_BOOT_SCOPE', problem: expect.stringContaining(made) })],
        }),
      );
    }
  });

  test('a transient controller is a new one for each message', async () => {
    @SpoeMessage('m')
    @Injectable({ scope: 'transient' })
    class Controller {
      #calls = 0;
      @SetVar('v', { scope: 'session' })
      handle(): number {
        return ++this.#calls;
      }
    }
    const { notify } = await startApplication({ controllers: [Controller] });
    expect((await notify(message('m'), message('m'))).actions).toMatchObject([{ value: 1 }, { value: 1 }]);
  });

  test('costs nobody else: a message in the same application whose controller is made once is not delayed', async () => {
    const turns: unknown[] = [];
    const plain = defineMessage({ name: 'plain', handle: () => 1 });
    const each = telling('m', 'each');
    const app = await SpoaApplication.create({
      controllers: [plain, each.provide],
      providers: [counting('each', 'message'), each],
      logger: false,
    });
    const asking = createAgent((notify) => {
      const result = app.handler(notify);
      turns.push(result);
      return result;
    });
    const { engine } = await connect(asking);
    await engine.notify([message('plain')]);
    await engine.notify([message('m')]);
    // Sync stays sync, per NOTIFY or not.
    expect(turns).toEqual([undefined, undefined]);
    await asking.close({ quietMs: 0 });
    await app.close();
  });
});

describe('a factory for each NOTIFY that takes its time', () => {
  /** An async factory whose promises the test settles. */
  function slow(provide: string, inject: string[] = []) {
    const calls: { settle(): void; fail(): void }[] = [];
    const provider: Provider = {
      provide,
      scope: 'message',
      inject,
      useFactory: (...rest: string[]) => {
        const { promise, resolve, reject } = deferred<string>();
        const text = [provide, calls.length + 1, ...rest].join(' ');
        calls.push({ settle: () => resolve(text), fail: () => reject(new Error(`${text} fails`)) });
        return promise;
      },
    };
    return { calls, provider };
  }

  test('is waited for, once for all who ask', async () => {
    const { calls, provider } = slow('a');
    const { ask } = await start([provider, counting('b', 'message', ['a'])], telling('m', 'b', 'a'), telling('n', 'a'));
    const answer = ask('m', 'n', 'm');
    await until('the factory', () => calls.length > 0);
    calls[0]?.settle();
    expect(await answer).toEqual(['b 1 a 1, a 1', 'a 1', 'b 1 a 1, a 1']);
    expect(calls).toHaveLength(1);
  });

  test('fails the messages that need it, and is tried again by the next NOTIFY', async () => {
    const { calls, provider } = slow('a');
    const other = slow('other');
    const providers = [provider, other.provider, counting('b', 'message', ['a', 'other'])];
    const { ask, log } = await start(providers, telling('m', 'b'), telling('o', 'other'));
    const answer = ask('m', 'o');
    await until('the factories', () => calls.length > 0 && other.calls.length > 0);
    calls[0]?.fail();
    other.calls[0]?.settle();
    expect(await answer).toEqual(['other 1']);
    expect(log.loud).toMatchObject([{ message: 'm', err: { message: 'a 1 fails' } }]);
    const next = ask('m');
    await until('the factories', () => calls.length > 1 && other.calls.length > 1);
    for (const one of [calls[1], other.calls[1]]) one?.settle();
    expect(await next).toEqual(['b 1 a 2 other 2']);
  });
});

test('what arrives when all is over, because something beside it failed, is disposed all the same', async () => {
  const events: string[] = [];
  const arriving = deferred<string>();
  const late: Provider = {
    provide: 'late',
    scope: 'message',
    useFactory: () => arriving.promise,
    dispose: (made) => void events.push(`dispose ${made}`),
  };
  const broken: Provider = {
    provide: 'broken',
    scope: 'message',
    useFactory: () => Promise.reject(new Error('no')),
  };
  const { ask, app } = await start([late, broken], telling('m', 'late', 'broken'));
  expect(await ask('m')).toEqual([]);
  await new Promise(setImmediate);
  expect(events).toEqual([]);
  arriving.resolve('the late one');
  await until('the end', () => events.length > 0);
  expect(events).toEqual(['dispose the late one']);
  expect(app.failures.get('m Error')).toBe(1);
});

describe('what is made for a NOTIFY or a connection', () => {
  /** Providers and controllers that tell `events` when they are made and disposed. */
  function recorded(scope: ProviderScope) {
    const events: string[] = [];
    @Injectable({ scope })
    class Transaction {
      constructor() {
        events.push('make transaction');
      }
      async [Symbol.asyncDispose](): Promise<void> {
        await new Promise(setImmediate);
        events.push('dispose transaction');
      }
    }
    const cursor: Provider = {
      provide: 'cursor',
      inject: [Transaction],
      useFactory: async () => {
        events.push('make cursor');
        return 'a cursor';
      },
      dispose: () => void events.push('dispose cursor'),
    };
    @SpoeMessage('m')
    class Controller {
      readonly notify: NotifyContext;
      constructor(_transaction: Transaction, @Inject('cursor') _cursor: string, notify: NotifyContext) {
        this.notify = notify;
      }
      async handle(): Promise<void> {
        await handling.promise;
        events.push('handled');
      }
      [Symbol.dispose](): void {
        events.push(`dispose controller, the ACK ${this.notify.settled ? 'has left' : 'waits'}`);
      }
    }
    const handling = deferred<void>();
    return { events, handling, options: { controllers: [Controller], providers: [Transaction, cursor] } };
  }
  const all = ['dispose controller, the ACK has left', 'dispose cursor', 'dispose transaction'];

  test('is disposed behind the ACK, the last made first', async () => {
    const { events, handling, options } = recorded('message');
    const { notify } = await startApplication(options);
    handling.resolve();
    await notify(message('m'));
    await until('the end', () => events.length === 6);
    expect(events).toEqual(['make transaction', 'make cursor', 'handled', ...all]);
  });

  test('is disposed behind a sync ACK as well, and where the handler throws', async () => {
    const events: string[] = [];
    @SpoeMessage('m')
    class Controller {
      constructor(readonly notify: NotifyContext) {}
      handle(): void {
        events.push(`handle ${this.notify.settled}`);
        throw new Error('no');
      }
      [Symbol.dispose](): void {
        events.push(`dispose ${this.notify.settled}`);
      }
    }
    const { app, notify } = await startApplication({ controllers: [Controller] });
    await notify(message('m'));
    await until('the end', () => events.length === 2);
    expect(events).toEqual(['handle false', 'dispose true']);
    expect(app.failures.get('m Error')).toBe(1);
  });

  test('lives until its handlers are done, though nobody waits for the answer any more', async () => {
    const { events, handling, options } = recorded('message');
    const { app, engine } = await startApplication(options);
    const answer = engine.notify([message('m')]);
    await until('the handler', () => events.includes('make cursor'));
    engine.destroy();
    await expect(answer).rejects.toMatchObject({ code: 'SPOA_DISCONNECTED' });
    await new Promise(setImmediate);
    expect(events).toEqual(['make transaction', 'make cursor']);
    handling.resolve();
    await until('the end', () => events.length === 6);
    expect(events.slice(2)).toEqual(['handled', ...all]);
    await app.close();
  });

  test('does not hold the application, whose patience with a handler is over', async () => {
    for (const scope of ['message', 'connection'] as const) {
      const { events, handling, options } = recorded(scope);
      const { app, notify } = await startApplication(options);
      const answer = notify(message('m'));
      await until('the handler', () => events.includes('make cursor'));
      await app.close({ timeoutMs: 0 });
      expect((await answer).actions).toEqual([]);
      expect(events).toEqual(['make transaction', 'make cursor']);
      handling.resolve();
      await until('the end', () => events.length === 6);
      expect(events.slice(2)).toEqual(['handled', ...all]);
    }
  });

  test('is disposed when the connection has closed, where that is its scope', async () => {
    const { events, handling, options } = recorded('connection');
    const { engine } = await startApplication(options);
    handling.resolve();
    await engine.notify([message('m')]);
    await engine.notify([message('m')]);
    await until('the controllers', () => events.length === 6);
    expect(events).toEqual([
      ...['make transaction', 'make cursor'],
      ...['handled', 'dispose controller, the ACK has left'],
      ...['handled', 'dispose controller, the ACK has left'],
    ]);
    await engine.disconnect();
    await until('the end', () => events.length === 8);
    expect(events.slice(6)).toEqual(['dispose cursor', 'dispose transaction']);
  });

  test('is disposed before the application has closed, and before what it was made of', async () => {
    for (const scope of ['message', 'connection'] as const) {
      const { events, handling, options } = recorded(scope);
      const database: Provider = {
        provide: 'database',
        useFactory: () => 1,
        dispose: () => void events.push('database'),
      };
      const { app, notify } = await startApplication({ ...options, providers: [...options.providers, database] });
      const answer = notify(message('m'));
      await until('the handler', () => events.includes('make cursor'));
      handling.resolve();
      await answer;
      await app.close({ quietMs: 0 });
      expect(events).toEqual(['make transaction', 'make cursor', 'handled', ...all, 'database']);
    }
  });

  test('that fails to close is logged once, then at debug, and the rest is disposed', async () => {
    const events: string[] = [];
    const stubborn: Provider = {
      provide: 'stubborn',
      scope: 'message',
      useFactory: () => events,
      dispose: () => Promise.reject(new Error('no end')),
    };
    const good: Provider = {
      provide: 'good',
      scope: 'message',
      useFactory: () => events,
      dispose: () => void events.push('good'),
    };
    const { ask, app, log } = await start([stubborn, good], telling('m', 'good', 'stubborn'));
    await ask('m');
    await ask('m');
    await app.close({ quietMs: 0 });
    expect(events).toEqual(['good', 'good']);
    const told = log.lines(LEVEL.debug).filter(({ provider }) => provider === '"stubborn"');
    expect(told).toMatchObject([
      { level: LEVEL.error, err: { message: 'no end' } },
      { level: LEVEL.debug, err: { message: 'no end' } },
    ]);
  });

  test('whose constructor throws fails the message, and what was made is disposed', async () => {
    const events: string[] = [];
    const good: Provider = {
      provide: 'good',
      scope: 'message',
      useFactory: () => 1,
      dispose: () => void events.push('good'),
    };
    const bad: Provider = {
      provide: 'bad',
      scope: 'message',
      useFactory: () => {
        throw new TypeError('bad');
      },
    };
    const { ask, app } = await start([good, bad], telling('m', 'good', 'bad'), telling('n', 'good'));
    expect(await ask('m', 'n')).toEqual(['1']);
    expect(app.failures.get('m TypeError')).toBe(1);
    await until('the end', () => events.length === 1);
  });
});
