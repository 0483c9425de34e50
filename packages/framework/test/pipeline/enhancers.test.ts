import { setImmediate as nextTurn } from 'node:timers/promises';
import { connectEngine, createAgent } from '@spoa/core';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  Arg,
  type CanActivate,
  Catch,
  type Class,
  defineMessage,
  type EnhancerOptions,
  type ExceptionFilter,
  type ExecutionContext,
  Global,
  GuardDeniedError,
  Injectable,
  type Interceptor,
  Module,
  NotifyContext,
  type PipeTransform,
  SetVar,
  SpoaApplication,
  SpoeMessage,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
  Var,
} from '../../src/index.ts';
import { deferred } from '../support/deferred.ts';
import { LEVEL } from '../support/recorded-log.ts';
import { connect, message, startApplication } from '../support/test-application.ts';

/** Enhancers that say when they are called, and do what they do at once or later. */
function recording(isAsync: boolean) {
  const steps: string[] = [];
  const later = <T>(value: T): T => (isAsync ? (nextTurn().then(() => value) as T) : value);
  return {
    steps,
    guard: (name: string): CanActivate => ({
      canActivate() {
        steps.push(`guard ${name}`);
        return later(true);
      },
    }),
    interceptor: (name: string): Interceptor => ({
      intercept(_context, next) {
        steps.push(`${name} in`);
        const result = later(next());
        steps.push(`${name} out`);
        return result;
      },
    }),
    pipe: (name: string): PipeTransform<string> => ({
      transform(value) {
        steps.push(`pipe ${name}`);
        return later(`${value}${name}`);
      },
    }),
  };
}

describe.each([
  ['synchronous', false],
  ['asynchronous', true],
])('%s enhancers', (_, isAsync) => {
  test('are called in the order of NestJS: of the application, the class, the method and the argument', async () => {
    const { steps, guard, interceptor, pipe } = recording(isAsync);

    @SpoeMessage('m')
    @UseGuards(guard('class'))
    @UseInterceptors(interceptor('class'))
    @UsePipes(pipe('b'))
    class Enhanced {
      @SetVar('v', { scope: 'session' })
      @UseGuards(guard('method'), guard('second'))
      @UseInterceptors(interceptor('method'))
      @UsePipes(pipe('c'))
      handle(@Arg('x', pipe('d'), pipe('e')) x: string, @Arg('y', { type: 'string' }) y: string): string {
        steps.push('handler');
        return `${x} ${y}`;
      }
    }
    const { notify } = await startApplication({
      controllers: [Enhanced],
      guards: [guard('app')],
      interceptors: [interceptor('app')],
      pipes: [pipe('a')],
    });
    const ack = await notify(message('m', ['x', 'x'], ['y', 'y']));
    expect(ack.get('session', 'v')).toBe('xabcde yabc');
    const inside = ['guard app', 'guard class', 'guard method', 'guard second', 'app in', 'class in', 'method in'];
    const pipes = ['a', 'b', 'c', 'd', 'e', 'a', 'b', 'c'].map((name) => `pipe ${name}`);
    const out = ['method out', 'class out', 'app out'];
    expect(steps.filter((step) => !step.endsWith('out'))).toEqual([...inside, ...pipes, 'handler']);
    expect(steps.filter((step) => step.endsWith('out'))).toEqual(out);
    // Synchronous ones have the result before they return, asynchronous ones a promise of it.
    expect(steps.indexOf('handler') < steps.indexOf('method out')).toBe(!isAsync);
  });

  test('a guard that says no: nothing behind it is called, and the fallback is set', async () => {
    const { steps, guard, interceptor, pipe } = recording(isAsync);
    const no: CanActivate = { canActivate: () => (isAsync ? nextTurn(false) : false) };
    const guarded = defineMessage({
      name: 'm',
      args: { x: 'string' },
      vars: { v: 'session' },
      guards: [guard('first'), no, guard('behind')],
      interceptors: [interceptor('i')],
      pipes: [pipe('p')],
      fallback: { session: { v: 'denied' } },
      errorVar: { name: 'why', scope: 'session' },
      handle: () => ({ v: 'handled' }),
    });
    const { app, notify, log } = await startApplication({ controllers: [guarded] });
    const ack = await notify(message('m', ['x', 'x']));
    expect([ack.get('session', 'v'), ack.get('session', 'why')]).toEqual(['denied', 'guard']);
    expect(steps).toEqual(['guard first']);
    expect([...app.failures]).toEqual([['m SPOA_GUARD_DENIED', 1]]);
    expect(log.loud).toEqual([]);
    expect(log.lines(LEVEL.debug).filter(({ err }) => err?.code === 'SPOA_GUARD_DENIED')).toHaveLength(1);
  });

  test('an interceptor can replace the result, and need not go on', async () => {
    const later = <T>(value: T) => (isAsync ? nextTurn(value) : value);
    let calls = 0;
    const controllers = ['doubled', 'cached'].map((name) =>
      defineMessage({
        name,
        vars: { v: { scope: 'session', type: 'number' } },
        interceptors: [
          name === 'cached'
            ? { intercept: () => later({ v: 7 }) }
            : {
                intercept(_context, next) {
                  const double = (result: unknown) => ({ v: (result as { v: number }).v * 2 });
                  const result = next();
                  return result instanceof Promise ? result.then(double) : double(result);
                },
              },
        ],
        handle: () => {
          calls++;
          return later({ v: 4 }) as { v: number };
        },
      }),
    );
    const { notify } = await startApplication({ controllers });
    expect((await notify(message('doubled'))).get('session', 'v')).toBe(8);
    expect((await notify(message('cached'))).get('session', 'v')).toBe(7);
    expect(calls).toBe(1);
  });

  test('an interceptor may try again: the pipes see what HAProxy sent each time', async () => {
    let tries = 0;
    const controller = defineMessage({
      name: 'm',
      args: { x: 'string' },
      vars: { v: 'session' },
      pipes: [recording(isAsync).pipe('!')],
      interceptors: [
        {
          async intercept(_context, next) {
            for (;;) {
              try {
                return await next();
              } catch (error) {
                if (tries > 2) throw error;
              }
            }
          },
        },
      ],
      handle: ({ x }) => {
        if (++tries < 3) throw new Error('again');
        return { v: x };
      },
    });
    const { notify } = await startApplication({ controllers: [controller] });
    expect((await notify(message('m', ['x', 'x']))).get('session', 'v')).toBe('x!');
    expect(tries).toBe(3);
  });

  test('a filter answers the errors that it is for: the nearest first', async () => {
    class First extends Error {}
    class Second extends Error {}
    const later = <T>(value: T) => (isAsync ? nextTurn(value) : value);
    const answers = (name: string) => later({ session: { by: name } });

    @Catch(First, Second)
    class Both implements ExceptionFilter {
      catch(): unknown {
        return answers('both');
      }
    }
    @Catch(Second)
    class OnlySecond implements ExceptionFilter {
      catch(error: unknown): unknown {
        return error instanceof Second ? answers('second') : undefined;
      }
    }
    const errors: Record<string, unknown> = { first: new First(), second: new Second(), other: new Error(), text: 'x' };

    @SpoeMessage('m')
    @UseFilters(Both)
    class Failing {
      @SetVar('v', { scope: 'session' })
      @UseFilters(OnlySecond)
      handle(@Arg('what') what: string): number | Promise<number> {
        if (isAsync) return Promise.reject(errors[what]);
        throw errors[what];
      }
    }
    const { app, notify } = await startApplication({
      controllers: [Failing],
      filters: [{ catch: () => answers('app') }],
    });
    const by = async (what: string) => (await notify(message('m', ['what', what]))).get('session', 'by');
    expect(await Promise.all(Object.keys(errors).map(by))).toEqual(['both', 'second', 'app', 'app']);
    // What is answered is no failure.
    expect(app.failures.size).toBe(0);
  });

  test('a filter without an answer leaves the failure what it is, and one that throws makes another of it', async () => {
    class Coded extends Error {
      constructor(readonly code: string) {
        super(code);
      }
    }
    const seen: unknown[] = [];
    const failing = (name: string, filter: ExceptionFilter) =>
      defineMessage({
        name,
        filters: [filter],
        fallback: { session: { v: 0 } },
        errorVar: { name: 'why', scope: 'session' },
        handle: () => {
          if (isAsync) return Promise.reject(new Coded('FIRST'));
          throw new Coded('FIRST');
        },
      });
    const { notify } = await startApplication({
      controllers: [
        failing('watched', {
          catch(error) {
            seen.push(error);
            return isAsync ? nextTurn() : undefined;
          },
        }),
        failing('changed', {
          catch: () => {
            throw new Coded('SECOND');
          },
        }),
        failing('unset', { catch: () => ({}) }),
        failing('wrong', { catch: () => 5 }),
      ],
    });
    const why = async (name: string) => {
      const ack = await notify(message(name));
      return [ack.get('session', 'v'), ack.get('session', 'why')];
    };
    expect(await why('watched')).toEqual([0, 'FIRST']);
    expect(seen).toEqual([new Coded('FIRST')]);
    expect(await why('changed')).toEqual([0, 'SECOND']);
    expect(await why('unset')).toEqual([undefined, undefined]);
    expect(await why('wrong')).toEqual([0, 'SPOA_RESULT_INVALID']);
  });

  test.each(['guards', 'interceptors', 'pipes'] as const)('an error in one of the %s is a failure', async (kind) => {
    const fail = (): never => {
      throw new TypeError('no');
    };
    const failLater = isAsync ? () => nextTurn().then(fail) : fail;
    const one = { canActivate: failLater, intercept: failLater, transform: failLater };
    const broken = defineMessage({ name: 'm', args: { x: 'any' }, [kind]: [one as never], handle() {} });
    const { app, notify } = await startApplication({ controllers: [broken] });
    expect((await notify(message('m', ['x', 1]))).actions).toEqual([]);
    expect([...app.failures]).toEqual([['m TypeError', 1]]);
  });
});

test('a synchronous pipeline is done before anything else happens', async () => {
  const { guard, interceptor, pipe } = recording(false);
  const sync = defineMessage({
    name: 'm',
    args: { x: 'string' },
    vars: { v: 'session' },
    guards: [guard('g')],
    interceptors: [interceptor('i')],
    pipes: [pipe('p')],
    filters: [{ catch: () => undefined }],
    handle: ({ x }) => ({ v: x }),
  });
  const app = await SpoaApplication.create({ controllers: [sync], logger: false });
  let returned: unknown = 'not called';
  const { notify } = await startApplication({ controllers: [sync] });
  expect((await notify(message('m', ['x', '']))).get('session', 'v')).toBe('p');
  // The handler of the application returns no promise for it.
  const { engine } = await connect(
    createAgent((context) => {
      returned = app.handler(context);
      return returned;
    }),
  );
  expect((await engine.notify([message('m', ['x', ''])])).get('session', 'v')).toBe('p');
  expect(returned).toBeUndefined();
});

test('the messages of a NOTIFY go their ways each for itself', async () => {
  const { guard, interceptor, pipe } = recording(true);
  const make = (name: string, no = false) =>
    defineMessage({
      name,
      args: { x: 'string' },
      vars: { [name]: 'session' as const },
      guards: [no ? { canActivate: () => false } : guard('g')],
      interceptors: [interceptor('i')],
      pipes: [pipe('p')],
      fallback: { session: { [name]: 'fallback' } },
      handle: ({ x }) => ({ [name]: x }) as never,
    });
  const { notify } = await startApplication({ controllers: [make('a'), make('b', true), make('c')] });
  const { actions } = await notify(...['a', 'b', 'c'].map((name) => message(name, ['x', name])));
  expect(actions.map((action) => [action.name, 'value' in action && action.value])).toEqual([
    ['a', 'ap'],
    ['b', 'fallback'],
    ['c', 'cp'],
  ]);
});

test('the context tells where it is', async () => {
  const seen: unknown[] = [];
  const look = (context: ExecutionContext) => {
    seen.push(context.messageName, context.getClass(), context.getHandler(), context.getArgs());
    seen.push(context.message.get('other'), context.notify.streamId > 0);
    return true;
  };

  @SpoeMessage('m')
  @UseGuards({ canActivate: look })
  class Guarded {
    handle(@Arg('x') _x: string, @Arg('n', { default: 3 }) _n: number): void {}
  }
  const handle = () => undefined;
  const defined = defineMessage({ name: 'n', guards: [{ canActivate: look }], handle });
  const { notify } = await startApplication({ controllers: [Guarded, defined] });
  await notify(message('m', ['other', true], ['x', 'text']), message('n'));
  expect(seen.slice(0, 6)).toEqual(['m', Guarded, Guarded.prototype.handle, ['text', 3], true, true]);
  expect(seen.slice(6, 9)).toEqual(['n', undefined, handle]);
});

test('a guard can tell before an argument is missed', async () => {
  @SpoeMessage('m', { errorVar: { name: 'why', scope: 'session' } })
  @UseGuards({ canActivate: () => false })
  class Guarded {
    handle(@Arg('x', { type: 'string' }) _x: string): void {}
  }
  const { notify } = await startApplication({ controllers: [Guarded] });
  expect((await notify(message('m'))).get('session', 'why')).toBe('guard');
});

test('a filter gets the refusal of a guard as an error, and a result class as an answer', async () => {
  class Verdict {
    @Var('session') verdict = 'denied';
  }
  const seen: unknown[] = [];
  @Catch(GuardDeniedError)
  class Denied implements ExceptionFilter {
    catch(error: GuardDeniedError, context: ExecutionContext): Verdict {
      seen.push(error.facts, context.messageName);
      return new Verdict();
    }
  }
  class NoGuard implements CanActivate {
    canActivate(): boolean {
      return false;
    }
  }
  const guarded = defineMessage({ name: 'm', guards: [NoGuard], filters: [Denied], handle() {} });
  const { notify } = await startApplication({ controllers: [guarded] });
  expect((await notify(message('m'))).get('session', 'verdict')).toBe('denied');
  expect(seen).toEqual([{ guard: 'NoGuard' }, 'm']);
});

describe('views of what HAProxy sent are still that', () => {
  let gate = deferred<void>();
  const wait = <T>(value: T): Promise<T> => gate.promise.then(() => value);
  const waits: CanActivate = { canActivate: () => wait(true) };
  const looks: CanActivate = { canActivate: (context) => context.getArgs().length > 0 };
  const passes: PipeTransform = { transform: (value) => value };
  const waitsForNumber: PipeTransform = { transform: (value) => (typeof value === 'number' ? wait(value) : value) };
  const waitsAround: Interceptor = { intercept: (_context, next) => wait(undefined).then(next) };

  test.each<[string, EnhancerOptions]>([
    ['without a wait', { guards: [looks], pipes: [passes] }],
    ['behind a guard that waits', { guards: [waits] }],
    ['bound before a guard that waits', { guards: [looks, waits] }],
    ['bound before an interceptor that waits', { guards: [looks], interceptors: [waitsAround] }],
    ['beside a pipe that waits', { pipes: [passes, waitsForNumber] }],
    ['behind all of them', { guards: [looks, waits], interceptors: [waitsAround], pipes: [waitsForNumber] }],
  ])('%s', async (_, enhancers) => {
    gate = deferred();
    const seen: string[] = [];
    const guarded = defineMessage({
      name: 'm',
      ...enhancers,
      args: { before: 'view', number: 'any', after: 'view' },
      handle: ({ before, after }) => void seen.push(String(before), String(after)),
    });
    const { app } = await startApplication({ controllers: [guarded] });
    // Over TCP: what is read is read into the same memory each time.
    const address = (await app.listen({ port: 0 })) as { port: number };
    const engine = await connectEngine({ port: address.port });
    onTestFinished(() => engine.destroy());
    const send = (name: string, text: string) => {
      const body = Buffer.from(text.repeat(100));
      return engine.notify([message(name, ['before', body], ['number', 1], ['after', body])]);
    };
    const answer = send('m', 'mine');
    await send('n', 'else');
    await send('n', 'next');
    gate.resolve();
    await answer;
    expect(seen).toEqual(['mine'.repeat(100), 'mine'.repeat(100)]);
  });
});

test('those of a class that is extended come first', async () => {
  const { steps, guard } = recording(false);
  @UseGuards(guard('base'))
  class Base {
    @UseGuards(guard('base method'))
    handle(): void {}
  }
  @SpoeMessage('m')
  @UseGuards(guard('own'))
  class Own extends Base {}
  const { notify } = await startApplication({ controllers: [Own] });
  await notify(message('m'));
  expect(steps).toEqual(['guard base', 'guard own', 'guard base method']);
});

describe('classes are made with what they need', () => {
  @Injectable()
  class Allowed {
    readonly names = new Set(['good']);
  }

  @Injectable()
  class NameGuard implements CanActivate {
    static made = 0;
    constructor(readonly allowed: Allowed) {
      NameGuard.made++;
    }
    canActivate(context: ExecutionContext): boolean {
      return this.allowed.names.has(String(context.getArgs()[0]));
    }
  }

  @SpoeMessage('m')
  @UseGuards(NameGuard)
  class Guarded {
    @SetVar('v', { scope: 'session' })
    handle(@Arg('name') name: string): string {
      return name;
    }
  }

  async function answers(app: Pick<SpoaApplication, 'handleConnection'>, name: string) {
    const { engine } = await connect(app);
    return (await engine.notify([message('m', ['name', name])])).get('session', 'v');
  }

  test('of the module of the controller, where nobody lists them', async () => {
    @Module({ controllers: [Guarded], providers: [Allowed] })
    class GuardedModule {}
    @Module({ imports: [GuardedModule] })
    class AppModule {}
    const app = await SpoaApplication.create(AppModule, { logger: false });
    expect([await answers(app, 'good'), await answers(app, 'bad')]).toEqual(['good', undefined]);
    await app.close();
  });

  test('elsewhere, where a module exports them: there is one of each then', async () => {
    NameGuard.made = 0;
    @Global()
    @Module({ providers: [Allowed, NameGuard], exports: [NameGuard] })
    class AuthModule {}
    @SpoeMessage('n')
    @UseGuards(NameGuard)
    class Other {
      handle(): void {}
    }
    @Module({ imports: [AuthModule], controllers: [Guarded, Other] })
    class AppModule {}
    const app = await SpoaApplication.create(AppModule, { logger: false });
    expect([await answers(app, 'good'), await answers(app, 'bad')]).toEqual(['good', undefined]);
    expect(NameGuard.made).toBe(1);
    await app.close();
  });

  test('for all messages, in the root module', async () => {
    const open = defineMessage({
      name: 'm',
      args: { name: 'string' },
      vars: { v: 'session' },
      handle: ({ name }) => ({ v: name }),
    });
    @Module({ controllers: [open], providers: [Allowed] })
    class AppModule {}
    const app = await SpoaApplication.create(AppModule, { logger: false, guards: [NameGuard] });
    expect([await answers(app, 'good'), await answers(app, 'bad')]).toEqual(['good', undefined]);
    await app.close();
  });

  test('overrides stand in for them, also where nobody lists them', async () => {
    const app = await SpoaApplication.create({
      controllers: [Guarded],
      providers: [Allowed],
      overrides: [{ provide: NameGuard, useValue: { canActivate: () => true } }],
      logger: false,
    });
    expect(await answers(app, 'bad')).toBe('bad');
    await app.close();
  });

  test('overrides by kind stand in for instances too, and must be of what is listed', async () => {
    class Fixed implements CanActivate {
      constructor(private readonly allowed: boolean) {}
      canActivate(): boolean {
        return this.allowed;
      }
    }
    const open = defineMessage({
      name: 'm',
      args: { name: 'string' },
      vars: { v: 'session' },
      handle: ({ name }) => ({ v: name }),
    });
    const create = (provide: Class, guards = [new Fixed(false)]) =>
      SpoaApplication.create({
        controllers: [open],
        providers: [Allowed],
        guards,
        enhancerOverrides: { guards: [{ provide, useValue: { canActivate: () => true } }] },
        logger: false,
      });
    const app = await create(Fixed);
    expect(await answers(app, 'any')).toBe('any');
    await app.close();
    await expect(create(Allowed)).rejects.toMatchObject({
      faults: [
        { code: 'SPOA_BOOT_PROVIDER', problem: 'nothing lists Allowed among the guards', remedy: 'name one of Fixed' },
      ],
    });
    await expect(create(Fixed, [])).rejects.toMatchObject({ faults: [{ remedy: 'none is listed, so drop it' }] });
    await expect(create(undefined as never)).rejects.toMatchObject({ faults: [{ code: 'SPOA_BOOT_MODULE' }] });
  });

  test('and their hooks are called', async () => {
    const calls: string[] = [];
    class Hooked implements CanActivate {
      onModuleInit(): void {
        calls.push('init');
      }
      onShutdown(): void {
        calls.push('shutdown');
      }
      canActivate(): boolean {
        calls.push('guard');
        return true;
      }
    }
    const guarded = defineMessage({ name: 'm', handle: () => void calls.push('handle') });
    const app = await SpoaApplication.create({ controllers: [guarded], guards: [Hooked], logger: false });
    await app.init();
    await answers(app, 'any');
    await app.close();
    expect(calls).toEqual(['init', 'guard', 'handle', 'shutdown']);
  });

  test('and a need that nobody provides is told', async () => {
    await expect(SpoaApplication.create({ controllers: [Guarded], logger: false })).rejects.toMatchObject({
      faults: [
        {
          code: 'SPOA_BOOT_PROVIDER',
          where: 'NameGuard, constructor parameter 1',
          problem: 'nothing provides Allowed',
        },
      ],
    });
  });

  test('for each NOTIFY, where they need it: every kind of them', async () => {
    const ids: number[] = [];
    class PerNotify {
      constructor(readonly notify: NotifyContext) {}
      tell(): void {
        ids.push(this.notify.streamId);
      }
    }
    Injectable()(PerNotify);
    Reflect.defineMetadata('design:paramtypes', [NotifyContext], PerNotify);

    @Injectable()
    class Guard extends PerNotify {
      canActivate(): boolean {
        this.tell();
        return true;
      }
    }
    @Injectable()
    class Around extends PerNotify {
      intercept(_context: ExecutionContext, next: () => unknown): unknown {
        this.tell();
        return next();
      }
    }
    @Injectable()
    class Pipe extends PerNotify {
      transform(value: unknown): unknown {
        this.tell();
        return value;
      }
    }
    @Injectable()
    @Catch(TypeError)
    class Filter extends PerNotify {
      catch(): unknown {
        this.tell();
        return { session: { v: this.notify.streamId } };
      }
    }
    const failing = defineMessage({
      name: 'm',
      args: { x: 'any' },
      guards: [Guard],
      interceptors: [Around],
      pipes: [Pipe],
      filters: [Filter],
      handle() {
        throw new TypeError();
      },
    });
    const { notify } = await startApplication({ controllers: [failing] });
    const values = [];
    for (let i = 0; i < 2; i++) values.push((await notify(message('m', ['x', 1]))).get('session', 'v'));
    expect(new Set(values).size).toBe(2);
    expect(ids).toEqual(values.flatMap((id) => [id, id, id, id]));
  });
});

test('a deadline is kept for all of it, and a handler that nobody waits for does not begin', async () => {
  let calls = 0;
  const slow = defineMessage({
    name: 'm',
    deadlineMs: 5,
    errorVar: { name: 'why', scope: 'session' },
    guards: [
      {
        canActivate: ({ notify }) =>
          new Promise((resolve) => {
            notify.signal.addEventListener('abort', () => setImmediate(() => resolve(true)));
          }),
      },
    ],
    handle() {
      calls++;
    },
  });
  const { app, notify } = await startApplication({ controllers: [slow] });
  expect((await notify(message('m'))).get('session', 'why')).toBe('deadline');
  while (app.lateResults.size === 0) await nextTurn();
  expect(calls).toBe(0);
});

test('what decorators misplace is told where it stands', () => {
  class Misused {
    handle(): void {}
    other(): void {}
    static make(): void {}
  }
  for (const [where, misuse] of [
    ['Misused.other', () => UseGuards()(Misused.prototype, 'other')],
    ['the static Misused.make', () => UseFilters()(Misused, 'make')],
    ['Misused: entry 1 is no class', () => Catch(undefined as unknown as typeof Error)(Misused)],
  ] as const) {
    expect(misuse).toThrow(expect.objectContaining({ code: 'SPOA_DECORATOR_MISUSED' }));
    expect(misuse).toThrow(where);
  }
});
