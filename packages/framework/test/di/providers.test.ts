import { describe, expect, test } from 'vitest';
import { Arg, Inject, Injectable, type Provider, SetVar, SpoaApplication, SpoeMessage } from '../../src/index.ts';
import { message, startApplication } from '../support/test-application.ts';

/** Boots an application without controllers. */
const boot = (...providers: Provider[]) => SpoaApplication.create({ controllers: [], providers, logger: false });

class Plain {
  readonly made = 'plain';
}

@Injectable()
class Needing {
  constructor(readonly plain: Plain) {}
}

@Injectable()
class NeedingMore {
  constructor(
    readonly needing: Needing,
    @Inject('port') readonly port: number,
    readonly plain: Plain,
  ) {}
}

describe('a provider is', () => {
  test('a class, made once and given to all who need it, in whatever order they are listed', async () => {
    for (const providers of [
      [Plain, Needing, NeedingMore],
      [NeedingMore, Needing, Plain],
    ]) {
      const app = await boot(...providers, { provide: 'port', useValue: 12345 });
      const more = app.get(NeedingMore);
      expect(more).toBeInstanceOf(NeedingMore);
      expect(more.needing).toBe(app.get(Needing));
      expect(more.plain).toBe(app.get(Plain));
      expect(more.needing.plain).toBe(more.plain);
      expect(more.port).toBe(12345);
    }
  });

  test.each([
    ['a number', 0],
    ['false', false],
    ['an empty string', ''],
    ['null', null],
    ['undefined', undefined],
    ['a function', () => 1],
    ['a class', Plain],
    // biome-ignore lint/suspicious/noThenProperty: nobody may await it
    ['an object with a then', { then: () => 'never called' }],
  ])('a value, as it is: %s', async (_what, value) => {
    @Injectable()
    class Taking {
      constructor(@Inject('value') readonly value: unknown) {}
    }
    const app = await boot({ provide: 'value', useValue: value }, Taking);
    expect(app.get('value')).toBe(value);
    expect(app.get(Taking).value).toBe(value);
  });

  test('a promise as a value stays a promise', async () => {
    const promise = Promise.resolve(1);
    expect((await boot({ provide: 'promise', useValue: promise })).get('promise')).toBe(promise);
  });

  test.each([
    ['at once', (needing: Needing, port: number) => ({ needing, port })],
    ['later', async (needing: Needing, port: number) => ({ needing, port })],
  ])('a factory that gets what it asks for, %s', async (_when, useFactory) => {
    const token = Symbol('made');
    let calls = 0;
    const app = await boot(
      {
        provide: token,
        inject: [Needing, 'port'],
        useFactory: (needing: Needing, port: number) => {
          calls++;
          return useFactory(needing, port);
        },
      },
      { provide: 'port', useFactory: async () => 1 },
      Needing,
      Plain,
    );
    expect(app.get(token)).toEqual({ needing: app.get(Needing), port: 1 });
    expect(app.get(token)).toBe(app.get(token));
    expect(calls).toBe(1);
  });

  test.each([null, undefined, 0, ''])('a factory that makes %j', async (value) => {
    @Injectable()
    class Taking {
      constructor(@Inject('value') readonly value: unknown) {}
    }
    const app = await boot(Taking, { provide: 'value', useFactory: async () => value });
    expect(app.get(Taking).value).toBe(value);
  });

  test('a class under the name of another, abstract ones included', async () => {
    abstract class Clock {
      abstract now(): number;
    }
    class SystemClock extends Clock {
      now(): number {
        return 1;
      }
    }
    @Injectable()
    class Timed {
      constructor(readonly clock: Clock) {}
    }
    const app = await boot({ provide: Clock, useClass: SystemClock }, Timed);
    expect(app.get(Timed).clock).toBeInstanceOf(SystemClock);
    expect(app.get(Clock)).toBe(app.get(Timed).clock);
  });

  test('a class under two names: two instances, in whatever order they are listed', async () => {
    const alias: Provider = { provide: 'alias', useClass: Needing };
    for (const providers of [
      [Plain, Needing, alias],
      [Plain, alias, Needing],
    ]) {
      const app = await boot(...providers);
      expect(app.get('alias')).toBeInstanceOf(Needing);
      expect(app.get('alias')).not.toBe(app.get(Needing));
      expect(app.get<Needing>('alias').plain).toBe(app.get(Plain));
    }
  });

  test('another name for something: the same instance', async () => {
    const app = await boot(
      { provide: 'alias', useExisting: 'other alias' },
      { provide: 'other alias', useExisting: Needing },
      Needing,
      Plain,
    );
    expect(app.get('alias')).toBe(app.get(Needing));
  });
});

describe('a class that extends another', () => {
  @Injectable()
  class Base {
    constructor(
      readonly plain: Plain,
      @Inject('port') readonly port: number,
    ) {}
  }
  const others: Provider[] = [Plain, { provide: 'port', useValue: 1 }];

  test('without a constructor of its own takes what the other takes', async () => {
    @Injectable()
    class Decorated extends Base {}
    class Bare extends Base {}
    const app = await boot(...others, Base, Decorated, Bare);
    for (const token of [Base, Decorated, Bare]) {
      expect(app.get<Base>(token)).toBeInstanceOf(token);
      expect(app.get<Base>(token)).toMatchObject({ plain: app.get(Plain), port: 1 });
    }
  });

  test('with a constructor of its own takes what that takes', async () => {
    @Injectable()
    class Other extends Base {
      constructor(
        @Inject('host') readonly host: string,
        plain: Plain,
      ) {
        super(plain, 2);
      }
    }
    @Injectable()
    class Fixed extends Base {
      constructor() {
        super(new Plain(), 3);
      }
    }
    const app = await boot(...others, { provide: 'host', useValue: 'h' }, Other, Fixed);
    expect(app.get(Other)).toMatchObject({ host: 'h', plain: app.get(Plain), port: 2 });
    expect(app.get(Fixed)).toMatchObject({ port: 3 });
  });

  test('with a constructor of its own and no decorator is not given what the other takes', async () => {
    class Undecorated extends Base {
      constructor(port: number) {
        super(new Plain(), port);
      }
    }
    await expect(boot(...others, Undecorated)).rejects.toMatchObject({
      faults: [{ code: 'SPOA_BOOT_PROVIDER', where: 'Undecorated, constructor parameter 1' }],
    });
  });
});

describe('a controller', () => {
  @SpoeMessage('m')
  class Controller {
    constructor(
      readonly needing: Needing,
      @Inject('offset') private readonly offset: number,
    ) {}

    @SetVar('v', { scope: 'session' })
    handle(@Arg('a') a: number): number {
      return a + this.offset;
    }
  }

  test('is given what its constructor takes, and is a provider itself', async () => {
    const { app, notify } = await startApplication({
      controllers: [Controller],
      providers: [Plain, Needing, { provide: 'offset', useFactory: async () => 100 }],
    });
    expect(app.get(Controller).needing).toBe(app.get(Needing));
    expect((await notify(message('m', ['a', 1]))).get('session', 'v')).toBe(101);
  });

  test('is made as its provider says, where there is one', async () => {
    const { app, notify } = await startApplication({
      controllers: [Controller],
      providers: [{ provide: Controller, useFactory: async () => new Controller(new Needing(new Plain()), 1000) }],
    });
    expect((await notify(message('m', ['a', 1]))).get('session', 'v')).toBe(1001);
    expect(app.get(Controller)).toBeInstanceOf(Controller);
  });

  test('is whatever its provider says: what stands in for it is called', async () => {
    class Fake extends Controller {
      override handle(): number {
        return -1;
      }
    }
    for (const provider of [
      { provide: Controller, useClass: Fake },
      { provide: Controller, useValue: { handle: () => -1 } },
    ]) {
      const { notify } = await startApplication({
        controllers: [Controller],
        providers: [provider, Plain, Needing, { provide: 'offset', useValue: 0 }],
      });
      expect((await notify(message('m', ['a', 1]))).get('session', 'v')).toBe(-1);
    }
  });

  test('and services are not shared by two applications in one process', async () => {
    const providers = [Plain, Needing, { provide: 'offset', useValue: 1 }];
    const [a, b] = [
      await startApplication({ controllers: [Controller], providers }),
      await startApplication({ controllers: [Controller], providers }),
    ];
    for (const token of [Plain, Needing, Controller]) {
      expect(a.app.get<object>(token)).toBeInstanceOf(token);
      expect(a.app.get<object>(token)).not.toBe(b.app.get<object>(token));
    }
    const factories = [{ provide: 'made', useFactory: () => ({}) }];
    expect((await boot(...factories)).get('made')).not.toBe((await boot(...factories)).get('made'));
  });
});

test('everything is made at boot, what nobody needs too', async () => {
  const made: string[] = [];
  class Eager {
    constructor() {
      made.push('class');
    }
  }
  await boot(Eager, { provide: 'factory', useFactory: async () => made.push('factory') });
  expect(made).toEqual(['class', 'factory']);
});

test('what nothing provides cannot be had', async () => {
  const app = await boot(Plain);
  for (const [token, name] of [
    [Needing, 'Needing'],
    ['port', '"port"'],
    [Symbol('s'), 'Symbol(s)'],
  ] as const) {
    expect(() => app.get<unknown>(token)).toThrow(`nothing provides ${name}`);
  }
});
