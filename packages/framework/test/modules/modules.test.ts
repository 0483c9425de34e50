import { describe, expect, onTestFinished, test } from 'vitest';
import {
  Arg,
  type Class,
  controllersOf,
  type DynamicModule,
  defineMessage,
  Global,
  Inject,
  Injectable,
  Module,
  Optional,
  SetVar,
  SpoaApplication,
  type SpoaApplicationSettings,
  SpoeMessage,
} from '../../src/index.ts';
import { connect, message } from '../support/test-application.ts';

/** Boots an application of modules, which is closed when the test is over. */
async function boot(module: Class | DynamicModule, settings: SpoaApplicationSettings = {}): Promise<SpoaApplication> {
  const app = await SpoaApplication.create(module, { logger: false, ...settings });
  onTestFinished(() => app.close({ timeoutMs: 0, quietMs: 0 }));
  return app;
}

@Injectable()
class Clock {
  readonly now = 7;
}

@Injectable()
class Reports {
  constructor(readonly clock: Clock) {}
}

@Module({ providers: [Clock], exports: [Clock] })
class ClockModule {}

describe('a module', () => {
  test('sees what the modules that it imports export, one instance for all of them', async () => {
    @Module({ imports: [ClockModule], providers: [Reports], exports: [Reports] })
    class ReportsModule {}
    @Module({ imports: [ReportsModule, ClockModule], providers: [{ provide: 'now', useExisting: Clock }] })
    class AppModule {}
    const app = await boot(AppModule);
    expect(app.get(Reports).clock).toBe(app.get(Clock));
    expect(app.get('now')).toBe(app.get(Clock));
  });

  test('passes on the exports of modules that it exports, by their class or by the very object', async () => {
    class PortModule {}
    const port: DynamicModule = {
      module: PortModule,
      providers: [{ provide: 'port', useValue: 1 }],
      exports: ['port'],
    };
    for (const passed of [PortModule, port]) {
      @Module({ imports: [ClockModule, port], exports: [ClockModule, passed] })
      class Inner {}
      @Module({ imports: [Inner], exports: [Inner] })
      class Outer {}
      @Module({
        imports: [Outer],
        providers: [Reports, { provide: 'url', inject: ['port'], useFactory: (given: number) => `:${given}` }],
      })
      class AppModule {}
      const app = await boot(AppModule);
      expect(app.get(Reports).clock).toBe(app.get(Clock));
      expect(app.get('url')).toBe(':1');
    }
  });

  test('prefers its own provider to one that it imports, and that to a global one', async () => {
    const token = 'where';
    const here: Class<{ where: string }>[] = [];
    const taking = () => {
      @Injectable()
      class Taking {
        constructor(@Inject(token) readonly where: string) {}
      }
      here.push(Taking);
      return Taking;
    };
    @Module({ global: true, providers: [{ provide: token, useValue: 'global' }], exports: [token] })
    class Everywhere {}
    @Module({ providers: [{ provide: token, useValue: 'imported' }], exports: [token] })
    class Near {}
    @Module({ imports: [Near], providers: [taking(), { provide: token, useValue: 'own' }] })
    class Owning {}
    @Module({ imports: [Near], providers: [taking()] })
    class Importing {}
    @Module({ providers: [taking()] })
    class Neither {}
    @Module({ imports: [Everywhere, Owning, Importing, Neither] })
    class AppModule {}
    const app = await boot(AppModule);
    expect(here.map((one) => app.get(one).where)).toEqual(['own', 'imported', 'global']);
  });

  test('has instances of its own of a class that another module provides as well', async () => {
    @Module({ providers: [Clock, Reports], exports: [Reports] })
    class Own {}
    @Module({ imports: [Own], providers: [Clock] })
    class AppModule {}
    const app = await boot(AppModule);
    expect(app.get(Reports).clock).toBeInstanceOf(Clock);
    expect(app.get(Reports).clock).not.toBe(app.get(Clock));
  });

  test('that is imported twice is made once, and its class is given what its constructor takes', async () => {
    let made = 0;
    @Module({ providers: [Clock], exports: [Clock] })
    class Counted {
      constructor(readonly clock: Clock) {
        made++;
      }
    }
    @Module({ imports: [Counted] })
    class One {}
    @Module({ imports: [Counted, One] })
    class AppModule {}
    const app = await boot(AppModule);
    expect(made).toBe(1);
    expect(app.get(Counted).clock).toBe(app.get(Clock));
    expect(app.get(AppModule)).toBeInstanceOf(AppModule);
  });

  test('brings its controllers, each with the providers of its own module', async () => {
    const controller = (name: string) => {
      @SpoeMessage(name)
      class Named {
        constructor(@Inject('answer') private readonly answer: string) {}
        @SetVar('v', { scope: 'session' })
        handle(): string {
          return this.answer;
        }
      }
      return Named;
    };
    const feature = (name: string): DynamicModule => ({
      module: class Feature {},
      controllers: [controller(name)],
      providers: [{ provide: 'answer', useValue: `from ${name}` }],
    });
    const plain = defineMessage({ name: 'plain', vars: { v: 'session' }, handle: () => ({ v: 'no class' }) });
    @Module({ imports: [feature('a'), feature('b')], controllers: [plain] })
    class AppModule {}
    const { engine } = await connect(await boot(AppModule));
    for (const [name, answer] of [
      ['a', 'from a'],
      ['b', 'from b'],
      ['plain', 'no class'],
    ] as const) {
      expect((await engine.notify([message(name)])).get('session', 'v')).toBe(answer);
    }
  });

  test('may be written where the application is made', async () => {
    const app = await SpoaApplication.create({
      imports: [ClockModule],
      controllers: [],
      providers: [Reports],
      logger: false,
    });
    expect(app.get(Reports).clock).toBe(app.get(Clock));
    await app.close();
  });
});

describe('a dynamic module', () => {
  interface DatabaseOptions {
    readonly url: string;
  }
  @Injectable()
  class Database {
    constructor(
      @Inject('options') readonly options: DatabaseOptions,
      @Inject('name') readonly name: string,
    ) {}
  }
  @Module({ providers: [Database, { provide: 'name', useValue: 'default' }], exports: [Database] })
  class DatabaseModule {
    static forRoot(options: DatabaseOptions, more: Partial<DynamicModule> = {}): DynamicModule {
      return {
        module: DatabaseModule,
        ...more,
        providers: [{ provide: 'options', useValue: options }, ...(more.providers ?? [])],
      };
    }

    static forRootAsync({ imports = [], inject, useFactory }: AsyncOptions): DynamicModule {
      return { module: DatabaseModule, imports, providers: [{ provide: 'options', inject, useFactory }] };
    }
  }
  interface AsyncOptions {
    imports?: NonNullable<DynamicModule['imports']>;
    inject: Class[];
    useFactory(...given: never[]): Promise<DatabaseOptions>;
  }

  test('adds to what its decorator lists', async () => {
    @Module({ imports: [DatabaseModule.forRoot({ url: 'pg:' })] })
    class AppModule {}
    const database = (await boot(AppModule)).get(Database);
    expect(database).toMatchObject({ options: { url: 'pg:' }, name: 'default' });
  });

  test('takes the place of providers that its decorator lists', async () => {
    const root = DatabaseModule.forRoot({ url: 'pg:' }, { providers: [{ provide: 'name', useValue: 'given' }] });
    expect((await boot(root)).get(Database).name).toBe('given');
  });

  test('waits for options that are made of what it imports', async () => {
    @Module({
      imports: [
        DatabaseModule.forRootAsync({
          imports: [ClockModule],
          inject: [Clock],
          useFactory: async (clock: Clock) => ({ url: `pg:${clock.now}` }),
        }),
      ],
    })
    class AppModule {}
    expect((await boot(AppModule)).get(Database).options.url).toBe('pg:7');
  });

  test('may be a promise', async () => {
    @Module({ imports: [Promise.resolve(DatabaseModule.forRoot({ url: 'later' }))] })
    class AppModule {}
    expect((await boot(AppModule)).get(Database).options.url).toBe('later');
  });

  test('is the same where the object is, and another one where it is not', async () => {
    const shared = DatabaseModule.forRoot({ url: 'shared' });
    const user = (imported: DynamicModule) => {
      class User {
        readonly database: Database;
        constructor(database: Database) {
          this.database = database;
        }
      }
      Inject(Database)(User, undefined, 0);
      return { User, module: { module: class Using {}, imports: [imported], providers: [User] } };
    };
    const users = [user(shared), user(shared), user(DatabaseModule.forRoot({ url: 'own' }))];
    @Module({ imports: users.map(({ module }) => module) })
    class AppModule {}
    const app = await boot(AppModule);
    const databases = users.map(({ User }) => app.get(User).database);
    expect(databases[0]).toBe(databases[1]);
    expect(databases.map(({ options }) => options.url)).toEqual(['shared', 'shared', 'own']);
    expect(() => app.get(Database)).toThrow('DatabaseModule and DatabaseModule each provide Database');
  });
});

describe('a global module', () => {
  const decorations: [string, Class | DynamicModule][] = [];
  @Global()
  @Module({ providers: [Clock], exports: [Clock] })
  class Decorated {}
  @Module({ global: true, providers: [Clock], exports: [Clock] })
  class Optioned {}
  @Module({ providers: [Clock], exports: [Clock] })
  class Dynamic {}
  @Module({ imports: [ClockModule], exports: [ClockModule], global: true })
  class PassingOn {}
  decorations.push(
    ['@Global()', Decorated],
    ['global: true', Optioned],
    ['of a dynamic module', { module: Dynamic, global: true }],
  );
  decorations.push(['whose exports come from another', PassingOn]);

  test.each(decorations)('is visible everywhere: %s', async (_how, everywhere) => {
    @Module({ providers: [Reports] })
    class Deep {}
    @Module({ imports: [Deep] })
    class Middle {}
    @Module({ imports: [Middle, everywhere] })
    class AppModule {}
    const app = await boot(AppModule);
    expect(app.get(Reports).clock).toBe(app.get(Clock));
  });

  test('need not be global: a dynamic module may say otherwise', async () => {
    @Module({ providers: [Reports] })
    class Deep {}
    @Module({ imports: [Deep, { module: Optioned, global: false }] })
    class AppModule {}
    await expect(boot(AppModule)).rejects.toMatchObject({ faults: [{ code: 'SPOA_BOOT_PROVIDER' }] });
  });
});

describe('what may be absent', () => {
  @Injectable()
  class Asking {
    constructor(
      @Optional() readonly clock: Clock | undefined,
      @Optional() @Inject('port') readonly port: number | undefined,
      @Inject('host') @Optional() readonly host: string | undefined,
    ) {}
  }
  Inject(Clock)(Asking, undefined, 0);

  test('is undefined where it is', async () => {
    const app = await SpoaApplication.create({
      controllers: [],
      logger: false,
      providers: [
        Asking,
        {
          provide: 'made',
          inject: [
            { token: 'port', optional: true },
            { token: Asking, optional: false },
          ],
          useFactory: (port, asking) => [port, asking],
        },
      ],
    });
    expect({ ...app.get(Asking) }).toEqual({ clock: undefined, port: undefined, host: undefined });
    expect(app.get('made')).toEqual([undefined, app.get(Asking)]);
  });

  test('is given where it is not', async () => {
    const app = await SpoaApplication.create({
      controllers: [],
      logger: false,
      providers: [Asking, Clock, { provide: 'port', useValue: 1 }, { provide: 'host', useValue: null }],
    });
    expect({ ...app.get(Asking) }).toEqual({ clock: app.get(Clock), port: 1, host: null });
  });
});

describe('overrides', () => {
  @SpoeMessage('m')
  class Controller {
    constructor(readonly reports: Reports) {}
    @SetVar('v', { scope: 'session' })
    handle(@Arg('a') a: number): number {
      return a + this.reports.clock.now;
    }
  }
  @Module({ imports: [ClockModule], controllers: [Controller], providers: [Reports] })
  class AppModule {}

  test('stand in for a provider, in whatever module it is', async () => {
    const app = await boot(AppModule, { overrides: [{ provide: Clock, useValue: { now: 100 } }] });
    const { engine } = await connect(app);
    expect((await engine.notify([message('m', ['a', 1])])).get('session', 'v')).toBe(101);
  });

  test('stand in for a controller', async () => {
    const app = await boot(AppModule, { overrides: [{ provide: Controller, useValue: { handle: () => -1 } }] });
    const { engine } = await connect(app);
    expect((await engine.notify([message('m', ['a', 1])])).get('session', 'v')).toBe(-1);
  });

  test('of what nobody provides are a fault', async () => {
    const boots = boot(AppModule, { overrides: [{ provide: 'clokc', useValue: 1 }] });
    await expect(boots).rejects.toMatchObject({
      faults: [
        {
          code: 'SPOA_BOOT_PROVIDER',
          where: 'SpoaApplication.create, overrides, "clokc"',
          problem: 'nothing provides "clokc"',
        },
      ],
    });
  });
});

test('an override that is no provider is a fault', async () => {
  const overrides = [{ provide: 'a', useValue: 1 }, undefined as unknown as typeof Clock];
  await expect(
    boot({ module: ClockModule, providers: [{ provide: 'a', useValue: 0 }] }, { overrides }),
  ).rejects.toMatchObject({
    faults: [{ code: 'SPOA_BOOT_MODULE', where: 'SpoaApplication.create, overrides, entry 2' }],
  });
});

test('everything is made in the order of the modules: imported ones first, global ones before the rest', async () => {
  const made: string[] = [];
  const telling = (name: string, imports: Class[] = [], options: { global?: boolean } = {}) => {
    @Module({ imports, providers: [{ provide: `in ${name}`, useFactory: async () => made.push(name) }], ...options })
    class Telling {
      constructor() {
        made.push(`${name} itself`);
      }
    }
    return Telling;
  };
  const base = telling('base');
  const feature = telling('feature', [base]);
  const everywhere = telling('everywhere', [telling('below')], { global: true });
  await boot(telling('app', [feature, base, everywhere]));
  const order = ['below', 'everywhere', 'base', 'feature', 'app'];
  expect(made).toEqual(order.flatMap((name) => [name, `${name} itself`]));
});

describe('controllersOf', () => {
  test('finds the controllers of all modules, and makes nothing', async () => {
    let made = 0;
    @SpoeMessage('m')
    class Controller {
      constructor() {
        made++;
      }
      handle(): void {}
    }
    const plain = defineMessage({ name: 'plain', handle() {} });
    @Module({ controllers: [Controller], providers: [{ provide: 'made', useFactory: () => made++ }] })
    class Feature {}
    @Module({ imports: [Feature, Promise.resolve({ module: class Later {}, controllers: [plain] })] })
    class AppModule {}
    expect(await controllersOf(AppModule)).toEqual([Controller, plain]);
    expect(made).toBe(0);
  });

  test('tells what is wrong with modules', async () => {
    await expect(controllersOf(Clock)).rejects.toMatchObject({ faults: [{ code: 'SPOA_BOOT_MODULE' }] });
  });
});
