import { expect, expectTypeOf, test } from 'vitest';
import {
  Arg,
  Context,
  Inject,
  type IpAddress,
  int32,
  type NotifyContext,
  type Provider,
  SetVar,
  type SpoaApplication,
  type SpoaApplicationOptions,
  SpoeMessage,
  Var,
  type VariablesByScope,
} from '../../src/index.ts';

/*
 * What TypeScript makes of the decorators. These are checked by `tsc -p tsconfig.test.json`; what would throw where it stands
 * is in functions that are never called.
 */

const session = { scope: 'session' } as const;

test('@SetVar takes every method whose result a variable can hold', () => {
  class Good {
    @SetVar('v', session)
    handle(@Arg('ip') ip: IpAddress, @Arg('n') _n: number, @Context() _notify: NotifyContext): number {
      return ip.family;
    }
  }
  class Later {
    @SetVar('v', session)
    async handle(): Promise<string | null | undefined> {
      return null;
    }
  }
  class Either {
    @SetVar('v', session)
    handle(..._rest: string[]): bigint | Promise<boolean> {
      return 1n;
    }
  }
  class Explicit {
    @SetVar('v', session)
    handle() {
      return int32(1);
    }
  }
  class Bytes {
    @SetVar('v', session)
    handle(): Buffer | IpAddress {
      return Buffer.alloc(0);
    }
  }
  expect([Good, Later, Either, Explicit, Bytes]).toHaveLength(5);
});

export function setVarRefuses() {
  class ADate {
    // @ts-expect-error no variable holds a Date
    @SetVar('v', session)
    handle(): Date {
      return new Date();
    }
  }
  class LaterADate {
    // @ts-expect-error neither later
    @SetVar('v', session)
    async handle(): Promise<Date> {
      return new Date();
    }
  }
  class Variables {
    // @ts-expect-error one variable, not several
    @SetVar('v', session)
    handle(): VariablesByScope {
      return {};
    }
  }
  class List {
    // @ts-expect-error nor a list
    @SetVar('v', session)
    handle(): number | string[] {
      return [];
    }
  }
  class Nothing {
    // @ts-expect-error a handler that returns nothing sets nothing
    @SetVar('v', session)
    handle(): void {}
  }
  class Unknown {
    // @ts-expect-error nobody knows whether it can be sent
    @SetVar('v', session)
    handle(): unknown {
      return 1;
    }
  }
  class NoMethod {
    // @ts-expect-error it belongs on a method
    @SetVar('v', session)
    handle = () => 1;
  }
  class NoScope {
    // @ts-expect-error there is no such scope
    @SetVar('v', { scope: 'sess' })
    handle(): number {
      return 1;
    }
  }
  class NoOptions {
    // @ts-expect-error the scope is not guessed
    @SetVar('v')
    handle(): number {
      return 1;
    }
  }
  // @ts-expect-error it does not belong on a class
  @SetVar('v', session)
  class OnAClass {}
  return [ADate, LaterADate, Variables, List, Nothing, Unknown, NoMethod, NoScope, NoOptions, OnAClass];
}

export function spoeMessageRefuses() {
  class OnAMethod {
    // @ts-expect-error it belongs on a class
    @SpoeMessage('m')
    handle(): void {}
  }
  class OnAProperty {
    // @ts-expect-error it belongs on a class
    @SpoeMessage('m')
    handle = 1;
  }
  // @ts-expect-error nobody can make one
  @SpoeMessage('m')
  abstract class Abstract {}
  // @ts-expect-error there is no such event
  @SpoeMessage('m', { event: 'on-request' })
  class NoEvent {}
  // @ts-expect-error a message has a name
  @SpoeMessage()
  class NoName {}
  return [OnAMethod, OnAProperty, Abstract, NoEvent, NoName];
}

test('@Var takes every property that a variable can hold', () => {
  class Verdict {
    @Var('session') score!: number;
    @Var('transaction', { name: 'ip_list' }) list?: string | null;
    @Var('request') readonly ip: IpAddress | undefined = undefined;
    @Var('response') bytes = Buffer.alloc(0);
    @Var('process') get computed(): boolean {
      return true;
    }
  }
  expect(new Verdict().computed).toBe(true);
});

export function varRefuses() {
  class Verdict {
    // @ts-expect-error there is no such scope
    @Var('txn') score = 1;
    // @ts-expect-error no variable holds a Date
    @Var('session') when = new Date();
    // @ts-expect-error nor a list
    @Var('session') list: string[] = [];
    // @ts-expect-error nor what might be anything
    @Var('session') what: unknown = 1;
    // @ts-expect-error it belongs on a property
    @Var('session') method(): void {}
  }
  // @ts-expect-error it does not belong on a class
  @Var('session')
  class OnAClass {}
  return [Verdict, OnAClass];
}

export function parametersRefuse() {
  class Controller {
    // @ts-expect-error there is no such type
    handle(@Arg('a', { type: 'address' }) _a: string): void {}
  }
  class OnAMethod {
    // @ts-expect-error it belongs on a parameter
    @Arg('a')
    handle(): void {}
  }
  class Injected {
    // @ts-expect-error a token is a class, a string or a symbol
    constructor(@Inject(1) _a: string) {}
  }
  return [Controller, OnAMethod, Injected];
}

test('an application takes classes and messages, and providers of every kind', () => {
  abstract class Clock {
    abstract now(): number;
  }
  class SystemClock extends Clock {
    now(): number {
      return 1;
    }
  }
  expectTypeOf<typeof SystemClock>().toExtend<Provider>();
  expectTypeOf<{ provide: typeof Clock; useClass: typeof SystemClock }>().toExtend<Provider>();
  expectTypeOf<{ provide: string; useValue: number }>().toExtend<Provider>();
  expectTypeOf<{ provide: symbol; useExisting: typeof Clock }>().toExtend<Provider>();
  expectTypeOf<{
    provide: string;
    useFactory: (clock: Clock) => Promise<number>;
    inject: [typeof Clock];
  }>().toExtend<Provider>();
  const pool: Provider = {
    provide: 'pool',
    useFactory: () => new SystemClock(),
    dispose: (clock: Clock) => clock.now(),
  };
  expect(pool).toHaveProperty('dispose');
  expectTypeOf<{ provide: string }>().not.toExtend<Provider>();
  expectTypeOf<SpoaApplicationOptions['controllers']>().not.toBeAny();
  const get = (app: SpoaApplication) => ({ byClass: app.get(Clock), byName: app.get<number>('port') });
  expectTypeOf<ReturnType<typeof get>>().toEqualTypeOf<{ byClass: Clock; byName: number }>();
});
