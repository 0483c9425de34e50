import { connectEngine } from '@spoa/core';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  type BeforeShutdown,
  type Class,
  defineMessage,
  Inject,
  Injectable,
  Module,
  type OnApplicationBootstrap,
  type OnModuleInit,
  type OnShutdown,
  type Provider,
  SpoaApplication,
  SpoeMessage,
} from '../../src/index.ts';
import { deferred } from '../support/deferred.ts';
import { RecordedLog } from '../support/recorded-log.ts';
import { connect, message } from '../support/test-application.ts';
import { until } from '../support/until.ts';

/** What has every hook, and tells `events` of each call. */
function telling(events: string[], name: string) {
  const tell = async (what: string) => {
    await new Promise(setImmediate);
    events.push(`${what} ${name}`);
  };
  return {
    onModuleInit: () => tell('init'),
    onApplicationBootstrap: () => tell('bootstrap'),
    beforeShutdown: (signal?: string) => tell(`before ${signal}`),
    onShutdown: (signal?: string) => tell(`on ${signal}`),
    [Symbol.asyncDispose]: () => tell('dispose'),
  };
}

/** A provider that has every hook. */
function recorded(events: string[], provide: string, ...inject: (string | Class)[]): Provider {
  return { provide, inject, useFactory: () => telling(events, provide) };
}

const loopback = { host: '127.0.0.1', port: 0 };

async function start(...providers: Provider[]) {
  const log = new RecordedLog();
  const app = await SpoaApplication.create({ controllers: [], providers, logger: log.logger });
  onTestFinished(() => app.close({ timeoutMs: 0, quietMs: 0 }));
  return { app, log };
}

describe('hooks', () => {
  test('are called in the order of need, and back: modules, controllers and providers', async () => {
    const events: string[] = [];
    const hooked = (name: string) => {
      class Hooked {
        constructor() {
          Object.assign(this, telling(events, name));
        }
      }
      return Hooked;
    };
    @Module({ providers: [recorded(events, 'pool', 'config')], exports: ['pool'] })
    class DatabaseModule extends hooked('DatabaseModule') {}
    @Module({ global: true, providers: [recorded(events, 'config')], exports: ['config'] })
    class ConfigModule extends hooked('ConfigModule') {}
    @SpoeMessage('m')
    class Controller extends hooked('Controller') {
      constructor(@Inject('service') _service: object) {
        super();
      }
      handle(): void {}
    }
    @Module({
      imports: [DatabaseModule],
      controllers: [Controller],
      providers: [recorded(events, 'service', 'pool'), recorded(events, 'alone')],
    })
    class FeatureModule extends hooked('FeatureModule') {}
    @Module({ imports: [FeatureModule, ConfigModule] })
    class AppModule extends hooked('AppModule') {}

    const app = await SpoaApplication.create(AppModule, { logger: false });
    expect(events).toEqual([]);
    await app.listen(loopback);
    await app.close({ signal: 'SIGTERM', quietMs: 0 });
    const up = [
      ...['config', 'ConfigModule'],
      ...['pool', 'DatabaseModule'],
      ...['service', 'alone', 'Controller', 'FeatureModule'],
      'AppModule',
    ];
    const down = up.toReversed();
    expect(events).toEqual([
      ...up.map((name) => `init ${name}`),
      ...up.map((name) => `bootstrap ${name}`),
      ...down.map((name) => `before SIGTERM ${name}`),
      ...down.map((name) => `on SIGTERM ${name}`),
      ...down.map((name) => `dispose ${name}`),
    ]);
  });

  test('are called on the instance, sync ones too, and tell no signal where there was none', async () => {
    const calls: unknown[][] = [];
    @Injectable()
    class Service implements OnModuleInit, OnApplicationBootstrap, BeforeShutdown, OnShutdown {
      readonly name = 'service';
      onModuleInit(): void {
        calls.push([this.name]);
      }
      onApplicationBootstrap(): void {
        calls.push([this.name]);
      }
      beforeShutdown(signal?: NodeJS.Signals): void {
        calls.push([this.name, signal]);
      }
      onShutdown(...rest: [NodeJS.Signals?]): void {
        calls.push([this.name, ...rest]);
      }
    }
    const { app } = await start(Service);
    await app.init();
    await app.close();
    expect(calls).toEqual([['service'], ['service'], ['service', undefined], ['service', undefined]]);
  });

  test('are called once: of an alias not, of a value under two names, of many init() and listen()', async () => {
    const events: string[] = [];
    const value = telling(events, 'value');
    const { app } = await start(
      { provide: 'a', useValue: value },
      { provide: 'b', useValue: value },
      recorded(events, 'made'),
      { provide: 'alias', useExisting: 'made' },
    );
    await Promise.all([app.init(), app.init(), app.listen(loopback), app.listen(loopback)]);
    expect(events).toEqual(['init value', 'init made', 'bootstrap value', 'bootstrap made']);
    events.length = 0;
    await app.close({ quietMs: 0 });
    // A value was made elsewhere: it is not ours to dispose.
    expect(events).toEqual([
      ...['before undefined made', 'before undefined value'],
      ...['on undefined made', 'on undefined value'],
      'dispose made',
    ]);
  });

  test('are not looked for in what has none: numbers, null, functions, values that throw nothing', async () => {
    const { app } = await start(
      { provide: 'number', useValue: 1 },
      { provide: 'null', useValue: null },
      { provide: 'undefined', useFactory: () => undefined },
      { provide: 'empty', useValue: Object.create(null) },
      { provide: 'other', useValue: { onModuleInit: 'no function' } },
    );
    await app.init();
    await app.close();
  });
});

describe('before onApplicationBootstrap is done', () => {
  test('nothing listens, and no connection or handler is to be had', async () => {
    const initialized = deferred<void>();
    const slow = { provide: 'slow', useValue: { onApplicationBootstrap: () => initialized.promise } };
    const { app } = await start(slow);
    const refusal = expect.objectContaining({
      code: 'SPOA_NOT_INITIALIZED',
      message: expect.stringContaining('app.init()'),
    });
    expect(() => app.handler).toThrow(refusal);
    await expect(connect(app)).rejects.toThrow(refusal);
    const listening = app.listen(loopback);
    await new Promise(setImmediate);
    expect(app.addresses).toEqual([]);
    expect(() => app.handler).toThrow(refusal);
    initialized.resolve();
    expect([await listening]).toEqual(app.addresses);
    expect(app.handler).toBeTypeOf('function');
    await connect(app);
  });

  test('an application without such hooks may serve at once', async () => {
    const { app } = await start(recorded([], 'hooked'), { provide: 'late', useValue: { onShutdown: () => 1 } });
    expect(() => app.handler).toThrow('app.init()');
    const { app: free } = await start({ provide: 'late', useValue: { onShutdown: () => 1, beforeShutdown: () => 1 } });
    expect(free.handler).toBeTypeOf('function');
    await connect(free);
  });
});

describe('a hook that fails at the start', () => {
  test.each([
    ['onModuleInit', ['init a']],
    ['onApplicationBootstrap', ['init a', 'init b', 'bootstrap a']],
  ] as const)('%s stops it, and everything is disposed', async (hook, before) => {
    const events: string[] = [];
    const cause = new TypeError('no database');
    const failing: Provider = {
      provide: 'failing',
      inject: ['a'],
      useFactory: () => ({
        [hook]: () => Promise.reject(cause),
        [Symbol.dispose]: () => events.push('dispose failing'),
      }),
    };
    const { app, log } = await start(recorded(events, 'a'), failing, recorded(events, 'b'));
    const failure = app.listen(loopback);
    await expect(failure).rejects.toMatchObject({
      code: 'SPOA_BOOT_FAILED',
      cause,
      faults: [
        {
          code: 'SPOA_BOOT_HOOK',
          where: `"failing".${hook}`,
          problem: 'it failed: no database',
          remedy: 'mend what it tells of: its cause has the place where it was thrown',
          cause,
        },
      ],
    });
    expect(events).toEqual([...before, 'dispose b', 'dispose failing', 'dispose a']);
    expect(app.addresses).toEqual([]);
    await expect(app.init()).rejects.toBe(await failure.catch((error: unknown) => error));
    // It is closed already, and says so no second time.
    await app.close();
    expect(events).toHaveLength(before.length + 3);
    expect(log.loud).toEqual([]);
  });

  test('by throwing a text', async () => {
    const { app } = await start({
      provide: 'failing',
      useValue: {
        onModuleInit() {
          throw 'no';
        },
      },
    });
    await expect(app.init()).rejects.toMatchObject({ faults: [{ problem: 'it failed: no', cause: 'no' }] });
  });
});

describe('the end', () => {
  test('goes on where hooks and providers fail, and each failure is logged', async () => {
    const events: string[] = [];
    const failing = (provide: string): Provider => ({
      provide,
      useFactory: () => ({
        beforeShutdown() {
          throw new Error(`before ${provide}`);
        },
        onShutdown: () => Promise.reject(new Error(`on ${provide}`)),
        [Symbol.asyncDispose]: () => Promise.reject(new Error(`dispose ${provide}`)),
      }),
    });
    const { app, log } = await start(recorded(events, 'a'), failing('x'), recorded(events, 'b'), failing('y'));
    await app.init();
    events.length = 0;
    await app.close();
    expect(events).toEqual([
      ...['before undefined b', 'before undefined a'],
      ...['on undefined b', 'on undefined a'],
      ...['dispose b', 'dispose a'],
    ]);
    const told = (provider: string, hook?: string) => ({
      msg: hook === undefined ? 'a provider failed to close' : 'a hook failed',
      provider: `"${provider}"`,
      err: { message: `${hook === undefined ? 'dispose' : hook === 'onShutdown' ? 'on' : 'before'} ${provider}` },
      ...(hook !== undefined && { hook }),
    });
    expect(log.loud).toMatchObject([
      ...[told('y', 'beforeShutdown'), told('x', 'beforeShutdown')],
      ...[told('y', 'onShutdown'), told('x', 'onShutdown')],
      ...[told('y'), told('x')],
    ]);
    expect(log.lines().at(-1)?.msg).toBe('closed');
  });

  test('has messages answered until beforeShutdown is done, those in flight until onShutdown', async () => {
    const events: string[] = [];
    const leaving = deferred<void>();
    const handling = deferred<void>();
    const log = new RecordedLog();
    const app = await SpoaApplication.create({
      logger: log.logger,
      controllers: [
        defineMessage({ name: 'quick', vars: { v: 'session' }, handle: () => ({ v: 1 }) }),
        defineMessage({
          name: 'slow',
          vars: { v: 'session' },
          async handle() {
            events.push('handle');
            await handling.promise;
            return { v: 2 };
          },
        }),
      ],
      providers: [
        {
          provide: 'service',
          useValue: {
            async beforeShutdown() {
              events.push('before');
              await leaving.promise;
            },
            onShutdown: () => events.push('on'),
          },
        },
      ],
    });
    const { port } = (await app.listen(loopback)) as { port: number };
    const closed = app.close({ quietMs: 0 });
    await until('beforeShutdown', () => events.includes('before'));
    // A new connection, for the agent is still there.
    await using engine = await connectEngine({ port, host: '127.0.0.1' });
    expect((await engine.notify([message('quick')])).get('session', 'v')).toBe(1);
    const answer = engine.notify([message('slow')]);
    await until('the handler', () => events.includes('handle'));
    leaving.resolve();
    handling.resolve();
    expect((await answer).get('session', 'v')).toBe(2);
    await closed;
    expect(events).toEqual(['before', 'handle', 'on']);
  });

  test('waits for a start that is under way', async () => {
    const events: string[] = [];
    const initialized = deferred<void>();
    const { app } = await start({
      provide: 'slow',
      useValue: {
        async onModuleInit() {
          await initialized.promise;
          events.push('init');
        },
        onShutdown: () => events.push('on'),
      },
    });
    const initializing = app.init();
    const closed = app.close();
    initialized.resolve();
    await Promise.all([initializing, closed]);
    expect(events).toEqual(['init', 'on']);
  });

  test('is final', async () => {
    const events: string[] = [];
    const { app } = await start(recorded(events, 'a'));
    await Promise.all([app.close(), app.close(), app[Symbol.asyncDispose]()]);
    expect(events).toEqual(['before undefined a', 'on undefined a', 'dispose a']);
    await expect(app.init()).rejects.toMatchObject({ code: 'SPOA_AGENT_CLOSED' });
    await expect(app.listen(loopback)).rejects.toMatchObject({ code: 'SPOA_AGENT_CLOSED' });
    expect(events).toHaveLength(3);
  });
});

test('a provider for NestJS too has hooks by both names, and ours are called', async () => {
  const called: string[] = [];

  @Injectable()
  class Both {
    beforeShutdown(): void {
      called.push('beforeShutdown');
    }
    onModuleDestroy(): void {
      called.push('onModuleDestroy');
    }
  }
  const app = await SpoaApplication.create({ controllers: [], providers: [Both], logger: false });
  await app.init();
  await app.close();
  expect(called).toEqual(['beforeShutdown']);
});
