import { describe, expect, test } from 'vitest';
import { Inject, Injectable, type Provider, SpoaApplication, SpoeMessage } from '../../src/index.ts';
import { RecordedLog } from '../support/recorded-log.ts';

/** Providers that tell `events` when they are made and disposed. */
function recorded() {
  const events: string[] = [];
  class Database {
    constructor() {
      events.push('make database');
    }
    async [Symbol.asyncDispose](): Promise<void> {
      await new Promise(setImmediate);
      events.push('dispose database');
    }
  }
  @Injectable()
  class Cache {
    constructor(
      readonly database: Database,
      @Inject('pool') readonly pool: object,
    ) {
      events.push('make cache');
    }
    [Symbol.dispose](): void {
      events.push('dispose cache');
    }
  }
  @SpoeMessage('m')
  class Controller {
    constructor(readonly cache: Cache) {
      events.push('make controller');
    }
    handle(): void {}
    [Symbol.dispose](): void {
      events.push('dispose controller');
    }
  }
  const pool: Provider = {
    provide: 'pool',
    inject: [Database],
    useFactory: async () => {
      await new Promise(setImmediate);
      events.push('make pool');
      return { name: 'the pool' };
    },
    dispose: async (made) => {
      await new Promise(setImmediate);
      events.push(`dispose ${(made as { name: string }).name}`);
    },
  };
  return { events, Database, Cache, Controller, pool };
}

describe('the end', () => {
  test('disposes everything in the reverse order of making, one after the other', async () => {
    const { events, Database, Cache, Controller, pool } = recorded();
    const app = await SpoaApplication.create({
      controllers: [Controller],
      providers: [Cache, pool, Database],
      logger: false,
    });
    expect(events).toEqual(['make database', 'make pool', 'make cache', 'make controller']);
    events.length = 0;
    await app.close();
    expect(events).toEqual(['dispose controller', 'dispose cache', 'dispose the pool', 'dispose database']);
  });

  test('comes once, however often it is asked for', async () => {
    const { events, Database } = recorded();
    const app = await SpoaApplication.create({ controllers: [], providers: [Database], logger: false });
    await Promise.all([app.close(), app.close(), app[Symbol.asyncDispose]()]);
    await app.close();
    expect(events).toEqual(['make database', 'dispose database']);
  });

  test('is logged where it fails, and the rest is disposed', async () => {
    const events: string[] = [];
    const failing = (name: string, how: () => unknown): Provider => ({
      provide: name,
      useFactory: () => name,
      dispose: () => {
        events.push(name);
        return how();
      },
    });
    const log = new RecordedLog();
    const app = await SpoaApplication.create({
      controllers: [],
      logger: log.logger,
      providers: [
        failing('a', () => undefined),
        failing('b', () => {
          throw new Error('b fails');
        }),
        failing('c', () => Promise.reject(new Error('c fails'))),
        failing('d', () => undefined),
      ],
    });
    await app.close();
    expect(events).toEqual(['d', 'c', 'b', 'a']);
    expect(log.loud).toMatchObject([
      { provider: '"c"', err: { message: 'c fails' }, msg: 'a provider failed to close' },
      { provider: '"b"', err: { message: 'b fails' }, msg: 'a provider failed to close' },
    ]);
  });

  test('is not for what was made elsewhere: values, other names, and what has no end', async () => {
    const events: string[] = [];
    const disposable = (name: string) => ({ [Symbol.dispose]: () => void events.push(name) });
    const app = await SpoaApplication.create({
      controllers: [],
      logger: false,
      providers: [
        { provide: 'value', useValue: disposable('value') },
        { provide: 'made', useFactory: () => disposable('made') },
        { provide: 'alias', useExisting: 'made' },
        { provide: 'null', useFactory: () => null },
        { provide: 'number', useFactory: () => 1 },
      ],
    });
    await app.close();
    expect(events).toEqual(['made']);
  });

  test('an async end wins over a sync one, and a given one over both', async () => {
    const events: string[] = [];
    class Both {
      constructor(readonly name: string) {}
      [Symbol.dispose](): void {
        events.push(`${this.name} sync`);
      }
      async [Symbol.asyncDispose](): Promise<void> {
        events.push(`${this.name} async`);
      }
    }
    const app = await SpoaApplication.create({
      controllers: [],
      logger: false,
      providers: [
        { provide: 'a', useFactory: () => new Both('a') },
        { provide: 'b', useFactory: () => new Both('b'), dispose: () => events.push('b given') },
      ],
    });
    await app.close();
    expect(events).toEqual(['b given', 'a async']);
  });

  test('comes with the scope of an application: await using', async () => {
    const { events, Database } = recorded();
    {
      await using app = await SpoaApplication.create({ controllers: [], providers: [Database], logger: false });
      expect(app.get(Database)).toBeInstanceOf(Database);
    }
    expect(events).toEqual(['make database', 'dispose database']);
  });
});

describe('a boot that fails half way', () => {
  const failing: Provider = {
    provide: 'failing',
    useFactory: () => {
      throw new Error('no database');
    },
  };

  test('disposes what was made before, and makes nothing after', async () => {
    const { events, Database, Cache, Controller, pool } = recorded();
    const providers = [Cache, pool, Database, failing];
    await expect(SpoaApplication.create({ controllers: [Controller], providers, logger: false })).rejects.toMatchObject(
      {
        code: 'SPOA_BOOT_FAILED',
        cause: expect.objectContaining({ message: 'no database' }),
        faults: [
          {
            code: 'SPOA_BOOT_FACTORY',
            where: '"failing"',
            problem: 'it could not be made: no database',
            cause: expect.objectContaining({ message: 'no database' }),
          },
        ],
      },
    );
    expect(events).toEqual([
      'make database',
      'make pool',
      'make cache',
      'dispose cache',
      'dispose the pool',
      'dispose database',
    ]);
  });

  test('logs what cannot even be disposed', async () => {
    const log = new RecordedLog();
    const stubborn: Provider = {
      provide: 'stubborn',
      useFactory: () => 1,
      dispose: () => Promise.reject(new Error('no end')),
    };
    const { events, Database } = recorded();
    const providers = [Database, stubborn, failing];
    const boot = SpoaApplication.create({ controllers: [], providers, logger: log.logger });
    await expect(boot).rejects.toMatchObject({ code: 'SPOA_BOOT_FAILED' });
    expect(events).toEqual(['make database', 'dispose database']);
    expect(log.loud).toMatchObject([{ provider: '"stubborn"', err: { message: 'no end' } }]);
  });

  test('because of a limit out of its range disposes everything', async () => {
    const { events, Database } = recorded();
    const boot = SpoaApplication.create({ controllers: [], providers: [Database], logger: false, maxFrameSize: 1 });
    await expect(boot).rejects.toMatchObject({ code: 'SPOA_VALUE_OUT_OF_RANGE' });
    expect(events).toEqual(['make database', 'dispose database']);
  });

  test.each([
    [
      'a class',
      class Broken {
        constructor() {
          throw new TypeError('broken');
        }
      },
    ],
    ['a factory that rejects', { provide: 'Broken', useFactory: () => Promise.reject(new TypeError('broken')) }],
    [
      'a factory that throws a text',
      {
        provide: 'Broken',
        useFactory: () => {
          throw 'broken';
        },
      },
    ],
  ] satisfies [string, Provider][])('because of %s names it', async (_what, provider) => {
    await expect(
      SpoaApplication.create({ controllers: [], providers: [provider], logger: false }),
    ).rejects.toMatchObject({
      faults: [
        {
          code: 'SPOA_BOOT_FACTORY',
          where: expect.stringContaining('Broken'),
          problem: 'it could not be made: broken',
        },
      ],
    });
  });
});
