import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  Arg,
  BOOT_FAULTS,
  BootError,
  type BootFault,
  type BootFaultCode,
  Context,
  type DynamicModule,
  defineMessage,
  Inject,
  Injectable,
  Module,
  type ModuleMetadata,
  NotifyContext,
  Optional,
  SetVar,
  SpoaApplication,
  type SpoaApplicationOptions,
  SpoeMessage,
  StreamId,
  type UsedFilter,
  type UsedGuard,
  type UsedInterceptor,
  type UsedPipe,
  UseGuards,
  UseInterceptors,
  Var,
} from '../../src/index.ts';

/** Boots an application that cannot boot, as `listen` does. */
async function boot(options: Omit<SpoaApplicationOptions, 'logger'>): Promise<BootError> {
  const failure: unknown = await SpoaApplication.create({ ...options, logger: false })
    .then((app) => app.init())
    .catch((error: unknown) => error);
  if (failure instanceof BootError) return failure;
  throw new Error('it booted, or failed otherwise', { cause: failure });
}

const controller = (one: SpoaApplicationOptions['controllers'][number]) => ({ controllers: [one] });

/** A class to hang faults on: programs that TypeScript does not check make more of them. */
function makeController(name: string, decorate: (prototype: object) => void = () => {}) {
  class Made {
    handle(..._values: unknown[]): void {}
  }
  decorate(Made.prototype);
  SpoeMessage(name)(Made);
  return Made;
}

/** A module with these lists, in which TypeScript would not let everything stand. */
function makeModule(lists: { readonly [List in keyof ModuleMetadata]?: readonly unknown[] }) {
  @Module(lists as ModuleMetadata)
  class CatsModule {}
  return CatsModule;
}

const imports = (...modules: unknown[]) => ({
  controllers: [],
  imports: modules as NonNullable<ModuleMetadata['imports']>,
});

interface Case {
  readonly what: string;
  readonly options: () => Omit<SpoaApplicationOptions, 'logger'>;
  readonly fault: Partial<BootFault>;
}

/** A message, or an application, with a failure policy that TypeScript may refuse. */
const policy = (failurePolicy: object) => ({ failurePolicy, controllers: [] });
const messagePolicy = (options: object) => ({ controllers: [defineMessage({ name: 'm', ...options, handle() {} })] });

/** A message with something in this list that TypeScript would refuse. */
const uses = (kind: 'guards' | 'interceptors' | 'pipes' | 'filters', ...entries: unknown[]) => ({
  controllers: [defineMessage({ name: 'm', [kind]: entries as [], handle() {} })],
});
const METHODS = { guards: 'canActivate', interceptors: 'intercept', pipes: 'transform', filters: 'catch' } as const;
class NoneOfThem {}
class PassGuard {
  canActivate(): boolean {
    return true;
  }
}

const CASES: Record<BootFaultCode, readonly Case[]> = {
  SPOA_BOOT_ENHANCER: [
    ...Object.entries(METHODS).flatMap(([kind, method]): Case[] => {
      const problem = expect.stringMatching(new RegExp(`is no ${kind.slice(0, -1)}: it has no method ${method}$`));
      const remedy = expect.stringContaining(`give it a method ${method}`);
      return [
        {
          what: `a class without ${method}`,
          options: () => uses(kind as 'guards', NoneOfThem),
          fault: { where: `message m, ${kind}, entry 1`, problem, remedy },
        },
        {
          what: `an instance without ${method}`,
          options: () => uses(kind as 'guards', { canActivate: 1, intercept: 1, transform: 1, catch: 1 }),
          fault: { where: `message m, ${kind}, entry 1`, problem, remedy },
        },
      ];
    }),
    {
      what: 'a class on a controller',
      options: () => {
        @SpoeMessage('m')
        @UseGuards(NoneOfThem as unknown as UsedGuard)
        class Guarded {
          handle(): void {}
        }
        return controller(Guarded);
      },
      fault: { where: 'Guarded, guards, entry 1', problem: 'NoneOfThem is no guard: it has no method canActivate' },
    },
    {
      what: 'a class on a method',
      options: () => {
        @SpoeMessage('m')
        class Guarded {
          @UseInterceptors(NoneOfThem as unknown as UsedInterceptor)
          handle(): void {}
        }
        return controller(Guarded);
      },
      fault: { where: 'Guarded.handle, interceptors, entry 1' },
    },
    {
      what: 'one of the application',
      options: () => ({ controllers: [], filters: [{ catch() {} }, NoneOfThem as unknown as UsedFilter] }),
      fault: { where: 'SpoaApplication.create, filters, entry 2' },
    },
    ...[undefined, null, 'auth', () => true].map((entry) => ({
      what: `a guard that is ${typeof entry === 'function' ? 'a function' : JSON.stringify(entry)}`,
      options: () => uses('guards', entry),
      fault: { where: 'message m, guards, entry 1', problem: expect.stringMatching(/^it is (undefined|null|a \w+)$/) },
    })),
    {
      what: 'a schema of another version',
      options: () => uses('pipes', { '~standard': { version: 2, validate: () => ({ value: 1 }) } }),
      fault: { problem: 'it is no Standard Schema of version 1' },
    },
    {
      what: 'a schema of an argument that is none',
      options: () => {
        @SpoeMessage('m')
        class Checked {
          handle(@Arg('a', { '~standard': null } as unknown as UsedPipe) _a: string): void {}
        }
        return controller(Checked);
      },
      fault: { where: 'Checked.handle, parameter 1, pipe 1', problem: 'it is no Standard Schema of version 1' },
    },
    {
      what: 'a schema of an argument that is undefined',
      options: () => ({
        controllers: [
          defineMessage({
            name: 'm',
            args: { a: { type: 'string', schema: undefined as never } },
            handle() {},
          }),
        ],
      }),
      fault: { where: 'message m, argument a, pipe 1', problem: 'it is undefined' },
    },
    {
      what: 'a value that stands for a guard and is none',
      options: () => ({
        ...uses('guards', PassGuard),
        providers: [{ provide: PassGuard, useValue: {} as PassGuard }],
      }),
      fault: { problem: 'what stands for PassGuard is no guard: it has no method canActivate' },
    },
    {
      what: 'what a factory makes in the place of a guard',
      options: () => ({
        ...uses('guards', PassGuard),
        providers: [{ provide: PassGuard, useFactory: () => ({}) as PassGuard }],
      }),
      fault: { problem: 'what stands for PassGuard is no guard: it has no method canActivate' },
    },
  ],
  SPOA_BOOT_POLICY: [
    ...[0, -1, 1.5, Number.NaN, 2 ** 31, '50', null].map((deadlineMs) => ({
      what: `a deadline of ${JSON.stringify(deadlineMs)}`,
      options: () => messagePolicy({ deadlineMs }),
      fault: { where: 'message m', problem: expect.stringContaining('its deadlineMs cannot be kept') },
    })),
    {
      what: 'a deadline of the application',
      options: () => policy({ deadlineMs: 0 }),
      fault: {
        where: 'SpoaApplication.create, failurePolicy',
        problem: 'its deadlineMs cannot be kept: 0 is no number of milliseconds from 1 to 2^31-1',
      },
    },
    {
      what: 'an onError that does not exist',
      options: () => {
        @SpoeMessage('m', { onError: 'ignore' as 'empty' })
        class Ignoring {
          handle(): void {}
        }
        return controller(Ignoring);
      },
      fault: { where: 'Ignoring', problem: 'its onError cannot be kept: there is no "ignore"' },
    },
    ...[
      { session: { score: 0.5 } },
      { session: { 'ip-score': 1 } },
      { sess: { score: 1 } },
      { session: 50 },
      { session: { headers: {} } },
      50,
      null,
      [],
    ].map((fallback) => ({
      what: `a fallback of ${JSON.stringify(fallback)}`,
      options: () => messagePolicy({ fallback }),
      fault: { where: 'message m', problem: expect.stringContaining('its fallback cannot be kept') },
    })),
    ...[{ name: 'ip error', scope: 'session' }, { name: 'e', scope: 'sess' }, { name: 'e' }, 'e', null].map(
      (errorVar) => ({
        what: `an errorVar of ${JSON.stringify(errorVar)}`,
        options: () => messagePolicy({ errorVar }),
        fault: { where: 'message m', problem: expect.stringContaining('its errorVar cannot be kept') },
      }),
    ),
  ],
  SPOA_BOOT_NO_MESSAGE: [
    {
      what: 'a class without @SpoeMessage',
      options: () => {
        class Forgotten {
          handle(): void {}
        }
        return controller(Forgotten);
      },
      fault: { where: 'Forgotten', problem: 'it has no @SpoeMessage', remedy: expect.stringContaining('@SpoeMessage') },
    },
    {
      what: 'a class that extends a controller',
      options: () => {
        @SpoeMessage('m')
        class Base {
          handle(): void {}
        }
        class Extending extends Base {}
        return controller(Extending);
      },
      fault: { where: 'Extending' },
    },
  ],
  SPOA_BOOT_NO_HANDLE: [
    {
      what: 'a class without handle',
      options: () => {
        @SpoeMessage('m')
        class Idle {}
        return controller(Idle);
      },
      fault: { where: 'Idle', problem: 'it has no handle method' },
    },
    {
      what: 'handle as a property',
      options: () => {
        @SpoeMessage('m')
        class Property {
          handle = () => 1;
        }
        return controller(Property);
      },
      fault: { where: 'Property' },
    },
  ],
  SPOA_BOOT_MESSAGE_NAME: [
    ...['', 'with space', 'a/b', 'ä', 'a\n', '"'].flatMap((name): Case[] => [
      {
        what: `the name ${JSON.stringify(name)} of a class`,
        options: () => controller(makeController(name)),
        fault: { where: 'Made', problem: `HAProxy refuses the message name ${JSON.stringify(name)}` },
      },
      {
        what: `the name ${JSON.stringify(name)} of a message`,
        options: () => controller(defineMessage({ name, handle() {} })),
        fault: { where: `message ${name}` },
      },
    ]),
    {
      what: 'no name at all',
      options: () => controller(makeController(undefined as unknown as string)),
      fault: { where: 'Made' },
    },
  ],
  SPOA_BOOT_MESSAGE_TWICE: [
    {
      what: 'two classes',
      options: () => {
        @SpoeMessage('m')
        class First {
          handle(): void {}
        }
        @SpoeMessage('m')
        class Second {
          handle(): void {}
        }
        return { controllers: [First, Second] };
      },
      fault: { where: 'Second', problem: 'First handles the message m already' },
    },
    {
      what: 'one class twice',
      options: () => {
        const Made = makeController('m');
        return { controllers: [Made, Made] };
      },
      fault: { where: 'Made', problem: 'the same handles the message m already' },
    },
    {
      what: 'a class and a message',
      options: () => ({ controllers: [makeController('m'), defineMessage({ name: 'm', handle() {} })] }),
      fault: { where: 'message m', problem: 'Made handles the message m already' },
    },
    {
      what: 'a class in two modules',
      options: () => {
        const Made = makeController('m');
        class DogsModule {}
        const dogs: DynamicModule = { module: DogsModule, controllers: [Made] };
        return imports(makeModule({ controllers: [Made] }), dogs);
      },
      fault: {
        where: 'Made',
        problem: 'CatsModule and DogsModule both list it',
        remedy: expect.stringContaining('leave it in one of them'),
      },
    },
  ],
  SPOA_BOOT_PARAMETER: [
    {
      what: 'a parameter without a decorator',
      options: () => {
        @SpoeMessage('m')
        class Bare {
          handle(@Arg('a') _a: string, _b: string): void {}
        }
        return controller(Bare);
      },
      fault: { where: 'Bare.handle, parameter 2', problem: 'it has no decorator' },
    },
    {
      what: 'a parameter without a decorator and with a default, behind none that has one',
      options: () => {
        @SpoeMessage('m')
        class Bare {
          @SetVar('v', { scope: 'session' })
          handle(_a = 1): number {
            return _a;
          }
        }
        return controller(Bare);
      },
      fault: { where: 'Bare.handle, parameter 1', problem: 'it has no decorator' },
    },
    {
      what: 'a parameter with two decorators',
      options: () => {
        @SpoeMessage('m')
        class Both {
          handle(@Arg('a') @StreamId() _a: number): void {}
        }
        return controller(Both);
      },
      fault: { where: 'Both.handle, parameter 1', problem: 'it has 2 decorators' },
    },
  ],
  SPOA_BOOT_ARGUMENT: [
    ...[-1, 255, 0.5, Number.NaN].map(
      (position): Case => ({
        what: `the position ${position}`,
        options: () => controller(makeController('m', (prototype) => Arg(position)(prototype, 'handle', 0))),
        fault: { where: 'Made.handle, parameter 1', problem: `position ${position} does not exist` },
      }),
    ),
    {
      what: 'an empty name',
      options: () => controller(defineMessage({ name: 'm', args: { '': 'any' }, handle() {} })),
      fault: { where: 'message m, argument ', problem: 'it has no name' },
    },
    {
      what: 'no name at all',
      options: () =>
        controller(makeController('m', (prototype) => Arg(undefined as unknown as string)(prototype, 'handle', 0))),
      fault: { where: 'Made.handle, parameter 1', problem: 'it has no name' },
    },
    {
      what: 'a type that does not exist',
      options: () =>
        controller(defineMessage({ name: 'm', args: { a: { type: 'toString' as 'string' } }, handle() {} })),
      fault: { where: 'message m, argument a', problem: 'there is no type "toString"' },
    },
    {
      what: 'a parameter of a class that no argument is',
      options: () => {
        @SpoeMessage('m')
        class Dated {
          handle(@Arg('when') _when: Date): void {}
        }
        return controller(Dated);
      },
      fault: { where: 'Dated.handle, parameter 1', problem: 'no argument is a Date' },
    },
    {
      what: 'a view in an async handler',
      options: () => {
        @SpoeMessage('m')
        class Late {
          async handle(@Arg('a', { type: 'view' }) _a: Buffer): Promise<void> {}
        }
        return controller(Late);
      },
      fault: { where: 'Late.handle, parameter 1', remedy: expect.stringContaining("'buffer'") },
    },
    {
      what: 'a view in an async function',
      options: () => controller(defineMessage({ name: 'm', args: { a: 'view' }, async handle() {} })),
      fault: { where: 'message m, argument a' },
    },
  ],
  SPOA_BOOT_VARIABLE: [
    ...['', 'with-dash', 'ä', 'x'.repeat(64)].flatMap((name): Case[] => [
      {
        what: `the name ${JSON.stringify(name)} of @SetVar`,
        options: () => {
          @SpoeMessage('m')
          class Setting {
            @SetVar(name, { scope: 'session' })
            handle(): number {
              return 1;
            }
          }
          return controller(Setting);
        },
        fault: { where: 'Setting.handle', problem: expect.stringContaining(JSON.stringify(name)) },
      },
      {
        what: `the name ${JSON.stringify(name)} in vars`,
        options: () => controller(defineMessage({ name: 'm', vars: { [name]: 'session' }, handle() {} })),
        fault: { where: `message m, variable ${name}` },
      },
    ]),
    ...['sess', 'toString', '__proto__', undefined].flatMap((scope): Case[] => [
      {
        what: `the scope ${scope} of @SetVar`,
        options: () => {
          @SpoeMessage('m')
          class Setting {
            @SetVar('v', { scope: scope as 'session' })
            handle(): number {
              return 1;
            }
          }
          return controller(Setting);
        },
        fault: { where: 'Setting.handle', problem: expect.stringContaining('there is no scope') },
      },
      {
        what: `the scope ${scope} in vars`,
        options: () =>
          controller(defineMessage({ name: 'm', vars: { v: { scope: scope as 'session' } }, handle() {} })),
        fault: { where: 'message m, variable v', problem: expect.stringContaining('there is no scope') },
      },
    ]),
  ],
  SPOA_BOOT_MODULE: [
    ...(
      [
        ['a class without @Module', class Plain {}, 'Plain is no module', 'list it among the providers'],
        ['a controller', makeController('m'), 'Made is no module', 'list it among the controllers'],
        ['undefined', undefined, 'it is undefined', 'the file that declares it imports this one'],
        ['null', null, 'it is null', 'import a class with @Module'],
        ['a message', defineMessage({ name: 'm', handle() {} }), 'it is the message m', 'import a class with @Module'],
        ['an object', {}, 'it is an object', 'import a class with @Module'],
        ['a text', 'CatsModule', 'it is a string', 'import a class with @Module'],
        ['a module without its class', { module: undefined }, 'its module is undefined', 'imports this one'],
        ['a module of something else', { module: 1 }, 'its module is a number', 'name the class of the module'],
      ] as const
    ).map(
      ([what, entry, problem, remedy]): Case => ({
        what: `${what} among the imports`,
        options: () => imports(makeModule({ imports: [makeModule({}), entry] })),
        fault: { where: 'CatsModule, imports, entry 2', problem, remedy: expect.stringContaining(remedy) },
      }),
    ),
    {
      what: 'a promise of no module',
      options: () => imports(Promise.resolve(1)),
      fault: { where: 'SpoaApplication.create, imports, entry 1', problem: 'it is a number' },
    },
    ...(
      [
        [undefined, 'it is undefined', 'the file that declares it imports this one'],
        [{}, 'it is an object', 'list a class, or { provide, useClass'],
        [{ provide: 'a' }, 'it has none of useClass, useValue, useExisting, useFactory', 'say in one way'],
        [{ provide: 'a', useValue: 1, useFactory: () => 1 }, 'it has useValue and useFactory', 'say in one way'],
        [{ provide: undefined, useValue: 1 }, 'what it provides is undefined', 'imports this one'],
        [{ provide: 1, useValue: 1 }, 'what it provides is a number', 'provide a class, a string or a symbol'],
        [{ provide: 'a', useClass: undefined }, 'its useClass is undefined', 'imports this one'],
        [{ provide: 'a', useClass: 'A' }, 'its useClass is a string', 'correct it'],
        [{ provide: 'a', useFactory: 1 }, 'its useFactory is a number', 'correct it'],
        [{ provide: 'a', useExisting: undefined }, 'its useExisting is undefined', 'imports this one'],
        [{ module: class DogsModule {} }, 'it is the module DogsModule', 'list it among the imports'],
        [defineMessage({ name: 'm', handle() {} }), 'it is the message m', 'list it among the controllers'],
      ] as const
    ).map(
      ([entry, problem, remedy]): Case => ({
        what: `a provider of which is said: ${problem}`,
        options: () => imports(makeModule({ providers: [entry] })),
        fault: { where: 'CatsModule, providers, entry 1', problem, remedy: expect.stringContaining(remedy) },
      }),
    ),
    {
      what: 'a controller that is not there yet',
      options: () => ({ controllers: [makeController('m'), undefined as unknown as typeof Object] }),
      fault: { where: 'SpoaApplication.create, controllers, entry 2', problem: 'it is undefined' },
    },
    {
      what: 'a controller that is none',
      options: () => imports(makeModule({ controllers: ['cats'] })),
      fault: { where: 'CatsModule, controllers, entry 1', problem: 'it is a string' },
    },
    {
      what: 'an export that is neither a token nor a module',
      options: () => imports(makeModule({ exports: [1] })),
      fault: { where: 'CatsModule, exports, entry 1', problem: 'it is a number' },
    },
  ],
  SPOA_BOOT_EXPORT: [
    {
      what: 'a token that is not provided',
      options: () => imports(makeModule({ exports: ['port'] })),
      fault: {
        where: 'CatsModule, exports, entry 1',
        problem: 'CatsModule does not provide "port"',
        remedy: expect.stringContaining('add "port" to the providers of CatsModule'),
      },
    },
    {
      what: 'a provider that is not provided',
      options: () => imports(makeModule({ exports: [{ provide: 'port', useValue: 1 }] })),
      fault: { problem: 'CatsModule does not provide "port"' },
    },
    {
      what: 'what an imported module provides',
      options: () => {
        class PortModule {}
        const port = { module: PortModule, providers: [{ provide: 'port', useValue: 1 }], exports: ['port'] };
        return imports(makeModule({ imports: [port], exports: ['port'] }));
      },
      fault: { problem: 'CatsModule does not provide "port"', remedy: 'export PortModule, which provides it' },
    },
    {
      what: 'a module that is not imported',
      options: () => {
        @Module()
        class DogsModule {}
        return imports(DogsModule, makeModule({ exports: [DogsModule] }));
      },
      fault: { where: 'CatsModule, exports, entry 1', problem: 'CatsModule does not import DogsModule' },
    },
    {
      what: 'another module of the same class than the one that is imported',
      options: () => {
        class DogsModule {}
        return imports(makeModule({ imports: [{ module: DogsModule }], exports: [{ module: DogsModule }] }));
      },
      fault: { problem: 'CatsModule does not import DogsModule' },
    },
  ],
  SPOA_BOOT_PROVIDER: [
    {
      what: 'what another module has and keeps to itself',
      options: () => {
        const cats = makeModule({ providers: [{ provide: 'port', useValue: 1 }] });
        class DogsModule {}
        const alias = { provide: 'alias', useExisting: 'port' };
        return imports({ module: DogsModule, imports: [cats], providers: [alias] });
      },
      fault: {
        where: '"alias", useExisting',
        problem: 'nothing provides "port" in DogsModule',
        remedy: 'export "port" from CatsModule',
      },
    },
    {
      what: 'what a module exports that is not imported',
      options: () => {
        const cats = makeModule({ providers: [{ provide: 'port', useValue: 1 }], exports: ['port'] });
        class DogsModule {}
        return imports(cats, { module: DogsModule, providers: [{ provide: 'alias', useExisting: 'port' }] });
      },
      fault: { remedy: 'import CatsModule in DogsModule' },
    },
    {
      what: 'what only the root module has',
      options: () => ({
        ...imports(makeModule({ providers: [{ provide: 'alias', useExisting: 'port' }] })),
        providers: [{ provide: 'port', useValue: 1 }],
      }),
      fault: { remedy: 'move "port" into a module that CatsModule imports' },
    },
    {
      what: 'what no module has',
      options: () => imports(makeModule({ providers: [{ provide: 'alias', useExisting: 'port' }] })),
      fault: { remedy: 'add "port" to the providers of CatsModule, or import a module that exports it' },
    },
    {
      what: 'what is not there yet when a factory names it',
      options: () => ({
        controllers: [],
        providers: [{ provide: 'made', inject: [undefined as unknown as string], useFactory: () => 1 }],
      }),
      fault: {
        where: '"made", inject, entry 1',
        problem: 'it is undefined',
        remedy: expect.stringContaining('imports'),
      },
    },
    {
      what: 'what may be absent, and has no type',
      options: () => {
        class Asking {
          readonly value: unknown;
          constructor(value: unknown) {
            this.value = value;
          }
        }
        Optional()(Asking, undefined, 0);
        return { controllers: [], providers: [Asking] };
      },
      fault: { where: 'Asking, constructor parameter 1', problem: expect.stringContaining('names no class') },
    },
    {
      what: 'a service that is not among the providers',
      options: () => {
        class Missing {}
        @SpoeMessage('m')
        class Needing {
          constructor(readonly missing: Missing) {}
          handle(): void {}
        }
        return controller(Needing);
      },
      fault: {
        where: 'Needing, constructor parameter 1',
        problem: 'nothing provides Missing',
        remedy: 'add Missing to the providers',
      },
    },
    {
      what: 'a class without a decorator',
      options: () => {
        class Bare {
          constructor(readonly other: object) {}
        }
        return { controllers: [], providers: [Bare] };
      },
      fault: { where: 'Bare, constructor parameter 1', remedy: expect.stringContaining('@Injectable()') },
    },
    {
      what: 'an interface',
      options: () => {
        interface Port {
          number: number;
        }
        @Injectable()
        class Taking {
          constructor(readonly port: Port) {}
        }
        return { controllers: [], providers: [Taking] };
      },
      fault: { where: 'Taking, constructor parameter 1', remedy: expect.stringContaining('@Inject(token)') },
    },
    {
      what: 'a token that nobody gives',
      options: () => {
        @Injectable()
        class Taking {
          constructor(@Inject('port') readonly port: number) {}
        }
        return { controllers: [], providers: [Taking] };
      },
      fault: { where: 'Taking, constructor parameter 1', problem: 'nothing provides "port"' },
    },
    {
      what: 'what a factory asks for',
      options: () => ({
        controllers: [],
        providers: [
          { provide: 'made', useFactory: () => 1, inject: ['there', 'gone'] },
          { provide: 'there', useValue: 1 },
        ],
      }),
      fault: { where: '"made", inject, entry 2', problem: 'nothing provides "gone"' },
    },
    {
      what: 'what another name stands for',
      options: () => ({ controllers: [], providers: [{ provide: 'alias', useExisting: 'gone' }] }),
      fault: { where: '"alias", useExisting', problem: 'nothing provides "gone"' },
    },
  ],
  SPOA_BOOT_PROVIDER_TWICE: [
    {
      what: 'a token and a class under the same',
      options: () => {
        class Cat {}
        return imports(makeModule({ providers: [Cat, { provide: 'b', useValue: 1 }, { provide: Cat, useValue: 1 }] }));
      },
      fault: { where: 'CatsModule, providers, entry 3', problem: 'entry 1 provides Cat already' },
    },
    {
      what: 'a token in a dynamic module',
      options: () => {
        const twice = [1, 2].map((useValue) => ({ provide: 'port', useValue }));
        return imports({ module: makeModule({}), providers: twice });
      },
      fault: { where: 'CatsModule, providers, entry 2', problem: 'entry 1 provides "port" already' },
    },
  ],
  SPOA_BOOT_AMBIGUOUS: [
    {
      what: 'a guard that two modules export',
      options: () => {
        const lists = { providers: [PassGuard], exports: [PassGuard] };
        return { ...uses('guards', PassGuard), imports: [makeModule(lists), makeModule(lists)] };
      },
      fault: {
        where: 'message m, guards, entry 1',
        problem: 'CatsModule and CatsModule both give PassGuard to the application',
      },
    },
    {
      what: 'a token that two imported modules export',
      options: () => {
        const offering = (name: string): DynamicModule => ({
          module: { [name]: class {} }[name] as new () => object,
          providers: [{ provide: 'port', useValue: 1 }],
          exports: ['port'],
        });
        const alias = { provide: 'alias', useExisting: 'port' };
        return imports(makeModule({ imports: [offering('One'), offering('Other')], providers: [alias] }));
      },
      fault: { where: '"alias", useExisting', problem: 'One and Other both give "port" to CatsModule' },
    },
  ],
  SPOA_BOOT_SCOPE: [
    {
      what: 'a scope that does not exist',
      options: () => {
        @Injectable({ scope: 'request' as 'message' })
        class Asked {}
        return { controllers: [], providers: [Asked] };
      },
      fault: {
        where: 'Asked',
        problem: 'there is no scope "request"',
        remedy: 'use one of singleton, connection, message, transient',
      },
    },
    ...(
      [
        ['message', 'for each NOTIFY'],
        ['connection', 'for each connection'],
        ['transient', 'for each place that asks for it'],
      ] as const
    ).map(
      ([scope, made]): Case => ({
        what: `a hook of a ${scope} provider`,
        options: () => {
          @Injectable({ scope })
          class Hooked {
            onModuleInit(): void {}
          }
          return { controllers: [], providers: [Hooked] };
        },
        fault: {
          where: 'Hooked.onModuleInit',
          problem: `it would never be called: Hooked is made ${made}`,
          remedy: 'move the hook to a provider that is made once',
        },
      }),
    ),
    {
      what: 'a hook of a controller that became narrower',
      options: () => {
        @SpoeMessage('m')
        class Hooked {
          constructor(readonly notify: NotifyContext) {}
          handle(): void {}
          beforeShutdown(): void {}
        }
        return controller(Hooked);
      },
      fault: {
        where: 'Hooked.beforeShutdown',
        problem: 'it would never be called: Hooked is made for each NOTIFY, because it needs NotifyContext',
      },
    },
  ],
  SPOA_BOOT_CYCLE: [
    {
      what: 'modules',
      options: () => {
        class DogsModule {}
        const dogs: DynamicModule = { module: DogsModule };
        const cats = makeModule({ imports: [dogs] });
        dogs.imports = [cats];
        return imports(dogs);
      },
      fault: { where: 'DogsModule', problem: 'it needs itself: DogsModule -> CatsModule -> DogsModule' },
    },
    {
      what: 'providers across modules',
      options: () => {
        const needs = (provide: string, name: string): DynamicModule => ({
          module: class Needing {},
          global: true,
          providers: [{ provide, inject: [name], useFactory: () => 1 }],
          exports: [provide],
        });
        return imports(needs('a', 'b'), needs('b', 'c'), needs('c', 'a'));
      },
      fault: { where: '"a"', problem: 'it needs itself: "a" -> "b" -> "c" -> "a"' },
    },
    {
      what: 'two factories',
      options: () => ({
        controllers: [],
        providers: [
          { provide: 'a', useFactory: () => 1, inject: ['b'] },
          { provide: 'b', useFactory: () => 1, inject: ['a'] },
        ],
      }),
      fault: { where: '"a"', problem: 'it needs itself: "a" -> "b" -> "a"' },
    },
  ],
  SPOA_BOOT_HOOK: [
    ...(
      [
        ['onModuleDestroy', 'beforeShutdown'],
        ['beforeApplicationShutdown', 'beforeShutdown'],
        ['onApplicationShutdown', 'onShutdown'],
      ] as const
    ).map(
      ([name, hook]): Case => ({
        what: `${name}, as NestJS calls it`,
        options: () => {
          class Hooked {
            [name](): void {}
          }
          return { controllers: [], providers: [Hooked] };
        },
        fault: {
          where: `Hooked.${name}`,
          problem: 'it would never be called: that is its name in NestJS',
          remedy: `call it ${hook}`,
        },
      }),
    ),
    {
      what: 'a hook that rejects',
      options: () => {
        @Injectable()
        class Database {
          async onModuleInit(): Promise<void> {
            throw new Error('no');
          }
        }
        return { controllers: [], providers: [Database] };
      },
      fault: {
        where: 'Database.onModuleInit',
        problem: 'it failed: no',
        cause: expect.objectContaining({ message: 'no' }),
      },
    },
  ],
  SPOA_BOOT_FACTORY: [
    {
      what: 'a promise of a module',
      options: () => imports(makeModule({}), Promise.reject(new Error('no'))),
      fault: { where: 'SpoaApplication.create, imports, entry 2', problem: 'it could not be made: no' },
    },
    {
      what: 'a factory',
      options: () => ({
        controllers: [],
        providers: [{ provide: 'a', useFactory: () => Promise.reject(new Error('no')) }],
      }),
      fault: {
        where: '"a"',
        problem: 'it could not be made: no',
        remedy: 'mend what it tells of: its cause has the place where it was thrown',
        cause: expect.objectContaining({ message: 'no' }),
      },
    },
    {
      what: 'a factory that reaches nobody, who says so by IPv4 and by IPv6',
      options: () => ({
        controllers: [],
        providers: [{ provide: 'a', useFactory: () => Promise.reject(refusedTwice()) }],
      }),
      fault: {
        where: '"a"',
        problem: 'it could not be made: ECONNREFUSED',
        remedy: 'nothing listens there: start it, or correct the address',
      },
    },
    {
      what: 'a constructor, because of something that is not there',
      options: () => {
        @Injectable()
        class Lists {
          constructor() {
            try {
              readFileSync('/no/such/list');
            } catch (cause) {
              throw new Error('no lists', { cause });
            }
          }
        }
        return { controllers: [], providers: [Lists] };
      },
      fault: {
        where: 'Lists',
        problem: 'it could not be made: no lists',
        remedy: 'it is not there: make it, or name another place',
      },
    },
  ],
};

/** As Node.js does for `localhost`. */
function refusedTwice(): Error {
  return Object.assign(new AggregateError([new Error('::1'), new Error('127.0.0.1')]), { code: 'ECONNREFUSED' });
}

describe.each(Object.keys(BOOT_FAULTS) as BootFaultCode[])('%s', (code) => {
  test.each(CASES[code])('$what', async ({ options, fault }) => {
    const error = await boot(options());
    expect(error.faults).toMatchObject([{ ...fault, code }]);
    expect(error).toMatchObject({ code: 'SPOA_BOOT_FAILED', name: 'BootError' });
    expect(error.message).toContain('one mistake');
    for (const part of [error.faults[0]?.where, error.faults[0]?.problem, error.faults[0]?.remedy, code]) {
      expect(error.message).toContain(part);
    }
  });
});

test('ten mistakes are told at once, each with its class, method, parameter and remedy', async () => {
  class Unprovided {}
  class NoMessage {
    handle(): void {}
  }
  @SpoeMessage('get ip')
  class BadName {
    handle(): void {}
  }
  @SpoeMessage('idle')
  class NoHandle {}
  @SpoeMessage('twice')
  class Once {
    constructor(readonly missing: Unprovided) {}
    handle(@Arg('a') _a: string, _b: string): void {}
  }
  @SpoeMessage('twice')
  class Again {
    @SetVar('ip-score', { scope: 'session' })
    handle(@Arg('a', { type: 'address' as 'ip' }) _a: string, @Context() @StreamId() _c: NotifyContext): number {
      return 1;
    }
  }
  const error = await boot({
    controllers: [NoMessage, BadName, NoHandle, Once, Again],
    providers: [
      { provide: 'a', useFactory: () => 1, inject: ['b'] },
      { provide: 'b', useExisting: 'a' },
    ],
  });
  expect(error.faults.map(({ code, where }) => `${code} ${where}`)).toEqual([
    'SPOA_BOOT_NO_MESSAGE NoMessage',
    'SPOA_BOOT_MESSAGE_NAME BadName',
    'SPOA_BOOT_NO_HANDLE NoHandle',
    'SPOA_BOOT_PARAMETER Once.handle, parameter 2',
    'SPOA_BOOT_ARGUMENT Again.handle, parameter 1',
    'SPOA_BOOT_PARAMETER Again.handle, parameter 2',
    'SPOA_BOOT_VARIABLE Again.handle',
    'SPOA_BOOT_CYCLE "a"',
    'SPOA_BOOT_PROVIDER Once, constructor parameter 1',
    'SPOA_BOOT_MESSAGE_TWICE Again',
  ]);
  expect(error.message.split('\n')).toHaveLength(21);
  expect(error.message.split('\n')[0]).toBe('the application has 10 mistakes:');
  for (const { remedy } of error.faults) expect(error.message).toContain(remedy);
});

test('a decorator where it means nothing is told where it stands', () => {
  class Misused {
    readonly itself = Misused;
  }
  const session = { scope: 'session' } as const;
  const descriptor = {} as TypedPropertyDescriptor<() => number>;
  // As the compiler calls them: on a prototype for instances, on the class for its constructor and what is static.
  const misuses: [where: string, misuse: () => void][] = [
    ['the constructor of Misused', () => Arg('a')(Misused, undefined, 0)],
    ['Misused.other', () => Arg('a')(Misused.prototype, 'other', 0)],
    ['the static Misused.handle', () => Context()(Misused, 'handle', 0)],
    ['the static Misused.handle', () => SetVar('v', session)(Misused, 'handle', descriptor)],
    ['Misused.other', () => SetVar('v', session)(Misused.prototype, 'other', descriptor)],
    ['the static Misused.v', () => Var('session')(Misused as { v?: number }, 'v')],
    ['Misused.handle', () => Inject('a')(Misused.prototype, 'handle', 0)],
    ['the static Misused.make', () => Inject('a')(Misused, 'make', 0)],
    ['Misused.handle', () => Optional()(Misused.prototype, 'handle', 0)],
  ];
  for (const [where, misuse] of misuses) {
    expect(misuse).toThrow(expect.objectContaining({ code: 'SPOA_DECORATOR_MISUSED' }));
    expect(misuse).toThrow(`stands on ${where}: it belongs on`);
  }
});

test('an application of something that is no module', async () => {
  class Plain {}
  for (const [what, problem] of [
    [Plain, 'Plain is no module'],
    [{ module: undefined as unknown as typeof Plain }, 'its module is undefined'],
  ] as const) {
    await expect(SpoaApplication.create(what, { logger: false })).rejects.toMatchObject({
      faults: [{ code: 'SPOA_BOOT_MODULE', where: 'SpoaApplication.create', problem }],
    });
  }
});

test('a circle of modules hides no other mistake, and makes none up', async () => {
  const dogs: DynamicModule = { module: class DogsModule {}, providers: [{ provide: 'dog', useExisting: 'cat' }] };
  const cats = makeModule({
    imports: [dogs],
    providers: [
      { provide: 'cat', useValue: 1 },
      { provide: 'mouse', useExisting: 'cheese' },
    ],
    exports: ['cat'],
  });
  dogs.imports = [cats];
  dogs.exports = [cats];
  const { faults } = await boot(imports(cats));
  expect(faults.map(({ code, where }) => `${code} ${where}`)).toEqual([
    'SPOA_BOOT_CYCLE CatsModule',
    'SPOA_BOOT_PROVIDER "mouse", useExisting',
  ]);
});
