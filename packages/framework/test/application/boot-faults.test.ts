import { describe, expect, test } from 'vitest';
import {
  Arg,
  BOOT_FAULTS,
  BootError,
  type BootFault,
  type BootFaultCode,
  Context,
  defineMessage,
  Inject,
  Injectable,
  type NotifyContext,
  SetVar,
  SpoaApplication,
  type SpoaApplicationOptions,
  SpoeMessage,
  StreamId,
  Var,
} from '../../src/index.ts';

/** Boots an application that cannot boot. */
async function boot(options: Omit<SpoaApplicationOptions, 'logger'>): Promise<BootError> {
  const failure: unknown = await SpoaApplication.create({ ...options, logger: false }).catch((error: unknown) => error);
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

interface Case {
  readonly what: string;
  readonly options: () => Omit<SpoaApplicationOptions, 'logger'>;
  readonly fault: Partial<BootFault>;
}

const CASES: Record<BootFaultCode, readonly Case[]> = {
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
  SPOA_BOOT_PROVIDER: [
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
  SPOA_BOOT_CYCLE: [
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
  SPOA_BOOT_FACTORY: [
    {
      what: 'a factory',
      options: () => ({
        controllers: [],
        providers: [{ provide: 'a', useFactory: () => Promise.reject(new Error('no')) }],
      }),
      fault: { where: '"a"', problem: 'it could not be made: no', cause: expect.objectContaining({ message: 'no' }) },
    },
  ],
};

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
  ];
  for (const [where, misuse] of misuses) {
    expect(misuse).toThrow(expect.objectContaining({ code: 'SPOA_DECORATOR_MISUSED' }));
    expect(misuse).toThrow(`stands on ${where}: it belongs on`);
  }
});
