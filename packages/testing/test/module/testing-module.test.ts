import {
  Arg,
  type CanActivate,
  Catch,
  CONNECTION,
  Context,
  DefaultValuePipe,
  defineMessage,
  EngineId,
  type ExceptionFilter,
  type ExecutionContext,
  FrameId,
  Inject,
  Injectable,
  type Interceptor,
  IpAddress,
  Module,
  type NotifyConnection,
  type NotifyContext,
  type OnModuleInit,
  type OnShutdown,
  type PipeTransform,
  SetVar,
  SpoeMessage,
  StreamId,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
  type VariablesByScope,
} from '@spoa/framework';
import { describe, expect, test, vi } from 'vitest';
import { Test } from '../../src/index.ts';

@Injectable()
class Scores implements OnModuleInit, OnShutdown {
  readonly calls: string[] = [];

  onModuleInit(): void {
    this.calls.push('init');
  }

  onShutdown(): void {
    this.calls.push('shutdown');
  }

  of(ip: IpAddress): number {
    return ip.w0 & 0xff;
  }
}

@SpoeMessage('score')
class ScoreController {
  constructor(private readonly scores: Scores) {}

  @SetVar('score', { scope: 'session' })
  handle(@Arg('ip') ip: IpAddress): number {
    return this.scores.of(ip);
  }
}

@Module({ controllers: [ScoreController], providers: [Scores] })
class ScoreModule {}

describe('Test.createTestingModule', () => {
  test('takes what a root module would list, and starts it', async () => {
    const app = await Test.createTestingModule({ controllers: [ScoreController], providers: [Scores] }).compile();
    const { calls } = app.get(Scores);
    expect(calls).toEqual(['init']);
    expect(await app.inject(ScoreController, { ip: '192.0.2.7' })).toEqual({ session: { score: 7 } });
    await app.close();
    expect(calls).toEqual(['init', 'shutdown']);
  });

  test('takes a module or a dynamic module, with settings', async () => {
    const observed: string[] = [];
    const failing = { module: ScoreModule, providers: [{ provide: 'extra', useValue: 1 }] };
    const observability = {
      route: <T>(route: T) => route,
      attach: () => void observed.push('attach'),
      start: async () => void observed.push('start'),
      stop: async () => void observed.push('stop'),
    };
    {
      await using plain = await Test.createTestingModule(ScoreModule).compile();
      expect(await plain.inject('score', { ip: '192.0.2.7' })).toEqual({ session: { score: 7 } });
      await using app = await Test.createTestingModule(failing, {
        failurePolicy: { fallback: { session: { score: -1 } } },
        observability,
      }).compile();
      expect(app.get('extra')).toBe(1);
      expect(await app.inject('score')).toEqual({ session: { score: -1 } });
    }
    expect(observed).toEqual(['attach', 'start', 'stop']);
  });

  test('replaces providers, whoever provides them', async () => {
    const of = vi.fn(() => 99);
    await using app = await Test.createTestingModule({ imports: [ScoreModule] })
      .overrideProvider(Scores)
      .useValue({ of })
      .compile();
    expect(await app.inject('score', { ip: '192.0.2.7' })).toEqual({ session: { score: 99 } });
    expect(String(of.mock.calls.flat())).toBe('192.0.2.7');
  });

  test('by a class, a factory or another provider', async () => {
    @Injectable()
    class Doubled {
      constructor(@Inject('factor') private readonly factor: number) {}
      of(ip: IpAddress): number {
        return (ip.w0 & 0xff) * this.factor;
      }
    }
    const providers = [Scores, Doubled, { provide: 'factor', useValue: 2 }];
    const begin = () => Test.createTestingModule({ controllers: [ScoreController], providers });
    const scoreOf = async (builder: ReturnType<typeof begin>) => {
      await using app = await builder.compile();
      return (await app.inject('score', { ip: '192.0.2.7' })).session?.score;
    };
    expect(await scoreOf(begin().overrideProvider(Scores).useClass(Doubled))).toBe(14);
    expect(await scoreOf(begin().overrideProvider(Scores).useExisting(Doubled))).toBe(14);
    const factory = (factor: number) => ({ of: () => factor });
    expect(
      await scoreOf(
        begin()
          .overrideProvider(Scores)
          .useFactory({ factory, inject: ['factor'] }),
      ),
    ).toBe(2);
    expect(
      await scoreOf(
        begin()
          .overrideProvider(Scores)
          .useFactory({ useFactory: async () => factory(3) }),
      ),
    ).toBe(3);
    expect(
      await scoreOf(
        begin()
          .overrideProvider(Scores)
          .useFactory(() => factory(4)),
      ),
    ).toBe(4);
    expect(
      await scoreOf(begin().overrideProvider('factor').useValue(5).overrideProvider(Scores).useClass(Doubled)),
    ).toBe(35);
  });

  test('what stands in for a class has what the class has, as far as it has anything', async () => {
    const builder = Test.createTestingModule(ScoreModule);
    // @ts-expect-error the class has no such method
    builder.overrideProvider(Scores).useValue({ off: () => 1 });
    // @ts-expect-error a score is a number
    builder.overrideProvider(Scores).useValue({ of: () => 'much' });
    await using app = await builder
      .overrideProvider(Scores)
      .useValue({ of: () => 2 })
      .compile();
    expect(await app.inject('score', { ip: '192.0.2.7' })).toEqual({ session: { score: 2 } });
  });

  test('replaces a controller', async () => {
    await using app = await Test.createTestingModule(ScoreModule)
      .overrideProvider(ScoreController)
      .useValue({ handle: () => 3 })
      .compile();
    expect(await app.inject(ScoreController, { ip: '192.0.2.7' })).toEqual({ session: { score: 3 } });
  });

  test('an override of what nobody provides is an error', async () => {
    await expect(Test.createTestingModule(ScoreModule).overrideProvider('clock').useValue(1).compile()).rejects.toThrow(
      /nothing provides "clock"/,
    );
  });
});

const log: string[] = [];

@Injectable()
class DenyGuard implements CanActivate {
  canActivate(): boolean {
    return false;
  }
}

class Louder implements Interceptor {
  constructor(private readonly mark = '!') {}
  async intercept(_context: ExecutionContext, next: () => unknown): Promise<unknown> {
    return `${String(await next())}${this.mark}`;
  }
}

class UpperCase implements PipeTransform<string, string> {
  transform(value: string): string {
    return value.toUpperCase();
  }
}

class OddError extends Error {}

@Catch(OddError)
class OddFilter implements ExceptionFilter {
  catch(): VariablesByScope {
    return { session: { said: 'odd' } };
  }
}

@SpoeMessage('say')
@UseGuards(DenyGuard)
@UseFilters(OddFilter)
class SayController {
  @SetVar('said', { scope: 'session' })
  @UseInterceptors(new Louder('?'))
  @UsePipes(UpperCase, new DefaultValuePipe('nothing'))
  handle(@Arg('text') text: string): string {
    log.push(text);
    if (text === 'ODD') throw new OddError();
    return text;
  }
}

const say = () => Test.createTestingModule({ controllers: [SayController] });
const allow = { canActivate: () => true };

describe('overrides of guards and the like', () => {
  test('a guard, by its class', async () => {
    await using refused = await say().compile();
    expect(await refused.inject('say', { text: 'a' })).toEqual({});
    expect(refused.failures).toMatchObject([{ message: 'say', error: { code: 'SPOA_GUARD_DENIED' } }]);
    expect(refused.describe()).toMatch(
      /^--- messages that failed\nsay: FrameworkError: DenyGuard let the message say not pass$/,
    );
    await using app = await say().overrideGuard(DenyGuard).useValue(allow).compile();
    expect(await app.inject('say', { text: 'a' })).toEqual({ session: { said: 'A?' } });
    expect([app.failures, app.describe()]).toEqual([[], '--- messages that failed\nnone']);
  });

  test('an interceptor and a pipe, listed as instances or classes', async () => {
    await using app = await say()
      .overrideGuard(DenyGuard)
      .useValue(allow)
      .overrideInterceptor(Louder)
      .useValue({ intercept: (_, next) => next() })
      .overridePipe(UpperCase)
      .useValue({ transform: (value: string) => `<${value}>` })
      .overridePipe(DefaultValuePipe)
      .useClass(UpperCase)
      .compile();
    expect(await app.inject('say', { text: 'a' })).toEqual({ session: { said: '<A>' } });
  });

  test('a filter: a value answers the same errors, a class those that it says', async () => {
    const answer: ExceptionFilter = { catch: () => ({ session: { said: 'replaced' } }) };
    const open = () => say().overrideGuard(DenyGuard).useValue(allow);
    await using value = await open().overrideFilter(OddFilter).useValue(answer).compile();
    expect(await value.inject('say', { text: 'odd' })).toEqual({ session: { said: 'replaced' } });
    @Catch(TypeError)
    class Other extends OddFilter {}
    await using other = await open().overrideFilter(OddFilter).useClass(Other).compile();
    expect(await other.inject('say', { text: 'odd' })).toEqual({});
    expect(other.takeFailures()).toEqual([{ message: 'say', error: expect.any(OddError) }]);
    expect(other.failures).toEqual([]);
  });

  test('one that is listed for all messages, by class or as an instance', async () => {
    for (const guard of [DenyGuard, new DenyGuard()]) {
      await using app = await Test.createTestingModule(ScoreModule, { guards: [guard] })
        .overrideGuard(DenyGuard)
        .useValue(allow)
        .compile();
      expect(await app.inject('score', { ip: '192.0.2.7' })).toEqual({ session: { score: 7 } });
    }
  });

  test('of what is used nowhere, or as something else, is an error that says what there is', async () => {
    class Unused extends DenyGuard {}
    await expect(
      say()
        .overrideGuard(Unused)
        .useValue(allow)
        .overrideInterceptor(UpperCase as never)
        .useValue({ ...allow, transform: () => 1 } as never)
        .compile(),
    ).rejects.toMatchObject({
      faults: [
        {
          code: 'SPOA_BOOT_PROVIDER',
          where: 'SpoaApplication.create, enhancerOverrides.guards, Unused',
          problem: 'nothing lists Unused among the guards',
          remedy: 'name one of DenyGuard',
        },
        { problem: 'nothing lists UpperCase among the interceptors', remedy: 'name one of Louder' },
      ],
    });
  });
});

@Injectable()
class Counter {
  count = 0;
  constructor(@Inject(CONNECTION) readonly connection: NotifyConnection) {}
}

@SpoeMessage('ids')
class IdsController {
  constructor(private readonly counter: Counter) {}
  handle(
    @StreamId() stream: number,
    @FrameId() frame: number,
    @EngineId() engine: string,
    @Context() notify: NotifyContext,
  ): VariablesByScope {
    this.counter.count++;
    const messages = [...notify.messages].map(({ name }) => name).join(' ');
    return { transaction: { stream, frame, engine, messages, count: this.counter.count } };
  }
}

describe('app.inject', () => {
  const ids = () =>
    Test.createTestingModule({ controllers: [IdsController, ScoreController], providers: [Counter, Scores] });

  test('keeps one connection, and others as they are asked for', async () => {
    await using app = await ids().compile();
    const first = { stream: 1, frame: 1, engine: 'testing', messages: 'ids', count: 1 };
    expect(await app.inject(IdsController)).toEqual({ transaction: first });
    expect(await app.inject('ids', {}, { streamId: 70, frameId: 2 })).toEqual({
      transaction: { ...first, stream: 70, frame: 2, count: 2 },
    });
    await using other = await app.connect({ engineId: 'other' });
    expect(await other.inject(IdsController)).toEqual({ transaction: { ...first, engine: 'other' } });
    await other.close();
    await expect(other.inject(IdsController)).rejects.toMatchObject({ code: 'SPOA_DISCONNECTED' });
    expect((await app.inject(IdsController)).transaction).toMatchObject({ count: 3 });
  });

  test('what was made for a connection ends with it', async () => {
    const ended: string[] = [];
    const provider = {
      provide: Counter,
      inject: [CONNECTION],
      useFactory: (connection: NotifyConnection) => new Counter(connection),
      dispose: ({ connection }: Counter) => ended.push(String(connection.engineId)),
    };
    const app = await Test.createTestingModule({ controllers: [IdsController], providers: [provider] }).compile();
    const other = await app.connect({ engineId: 'other' });
    await Promise.all([app.inject(IdsController), other.inject(IdsController)]);
    await other.close();
    await expect.poll(() => ended).toEqual(['other']);
    await app.close();
    expect(ended).toEqual(['other', 'testing']);
  });

  test('a value that cannot be sent is told', async () => {
    await using app = await ids().compile();
    await expect(app.inject(ScoreController, { ip: 1.5 })).rejects.toMatchObject({ code: 'SPOA_VALUE_INVALID' });
    expect(await app.inject(ScoreController, { ip: '192.0.2.9' })).toEqual({ session: { score: 9 } });
  });

  test('sends several messages in one NOTIFY', async () => {
    await using app = await ids().compile();
    expect(await app.injectAll([[ScoreController, { ip: IpAddress.v4(5) }], 'ids'])).toMatchObject({
      session: { score: 5 },
      transaction: { messages: 'score ids' },
    });
  });

  test('a message without a controller is an error that names those that exist', async () => {
    await using app = await ids().compile();
    await expect(app.inject('scores')).rejects.toMatchObject({
      code: 'TESTING_UNKNOWN_MESSAGE',
      message:
        'no controller of the application answers "scores"; there are: ids (IdsController.handle), score (ScoreController.handle)',
    });
    await expect(app.inject(SayController)).rejects.toMatchObject({ code: 'TESTING_UNKNOWN_MESSAGE' });
    class Nothing {
      handle(): void {}
    }
    await expect(app.inject(Nothing)).rejects.toMatchObject({ code: 'TESTING_NO_CONTROLLER' });
  });

  test('an application that is closed as in service answers what is unfinished', async () => {
    const fallback = { session: { score: 50 } };
    const handle = vi.fn((): Promise<void> => new Promise(() => undefined));
    const never = defineMessage({ name: 'never', fallback, handle });
    await using app = await Test.createTestingModule({ controllers: [never] }).compile();
    const answer = app.inject('never');
    await expect.poll(() => handle.mock.calls.length).toBe(1);
    await app.application.close({ timeoutMs: 0 });
    expect(await answer).toEqual(fallback);
  });

  test('says that a closed application is closed', async () => {
    const app = await ids().compile();
    await app.close();
    await expect(app.inject('ids')).rejects.toMatchObject({ code: 'SPOA_AGENT_CLOSED' });
  });
});
