import { expect, expectTypeOf, test } from 'vitest';
import {
  DefinedMessage,
  defineMessage,
  type IpAddress,
  int32,
  type NotifyContext,
  type Settable,
} from '../../src/index.ts';

/*
 * What TypeScript makes of `defineMessage`. These are checked by `tsc -p tsconfig.test.json`; here the lines that stand in a
 * test body only have to run.
 */

const name = 'm';

test('an argument has the type that it is declared as', () => {
  defineMessage({
    name,
    args: {
      s: 'string',
      l: 'latin1',
      n: 'number',
      big: 'bigint',
      flag: 'boolean',
      ip: 'ip',
      bytes: 'buffer',
      view: 'view',
      whatever: 'any',
      long: { type: 'number', sample: 'fe_conn' },
      named: { type: 'ip', name: 'src' },
      placed: { type: 'string', name: 0 },
    },
    handle(args, notify) {
      expectTypeOf(args.s).toEqualTypeOf<string>();
      expectTypeOf(args.l).toEqualTypeOf<string>();
      expectTypeOf(args.n).toEqualTypeOf<number>();
      expectTypeOf(args.big).toEqualTypeOf<bigint>();
      expectTypeOf(args.flag).toEqualTypeOf<boolean>();
      expectTypeOf(args.ip).toEqualTypeOf<IpAddress>();
      expectTypeOf(args.bytes).toEqualTypeOf<Buffer>();
      expectTypeOf(args.view).toEqualTypeOf<Buffer>();
      expectTypeOf(args.whatever).toEqualTypeOf<null | boolean | number | bigint | string | Buffer | IpAddress>();
      expectTypeOf(args.long).toEqualTypeOf<number>();
      expectTypeOf(args.named).toEqualTypeOf<IpAddress>();
      expectTypeOf(args.placed).toEqualTypeOf<string>();
      expectTypeOf(notify).toEqualTypeOf<NotifyContext>();
      expectTypeOf(args).not.toHaveProperty('other');
    },
  });
});

test('an argument that may be absent says what it is then', () => {
  const sometimes = (): boolean => true;
  defineMessage({
    name,
    args: {
      optional: { type: 'number', optional: true },
      required: { type: 'number', optional: false },
      maybe: { type: 'number', optional: sometimes() },
      same: { type: 'number', default: 0 },
      text: { type: 'string', default: 'none' },
      nothing: { type: 'number', default: null },
      other: { type: 'ip', default: 'unknown' },
      both: { type: 'number', optional: true, default: 0 },
      undefinedToo: { type: 'number', optional: true, default: undefined },
    },
    handle(args) {
      expectTypeOf(args.optional).toEqualTypeOf<number | undefined>();
      expectTypeOf(args.required).toEqualTypeOf<number>();
      expectTypeOf(args.maybe).toEqualTypeOf<number | undefined>();
      expectTypeOf(args.same).toEqualTypeOf<number>();
      expectTypeOf(args.text).toEqualTypeOf<string>();
      expectTypeOf(args.nothing).toEqualTypeOf<number | null>();
      expectTypeOf(args.other).toEqualTypeOf<IpAddress | 'unknown'>();
      expectTypeOf(args.both).toEqualTypeOf<number>();
      expectTypeOf(args.undefinedToo).toEqualTypeOf<number | undefined>();
    },
  });
});

test('arguments are read, not written', () => {
  defineMessage({
    name,
    args: { ip: 'ip' },
    handle(args) {
      expectTypeOf(args).toEqualTypeOf<{ readonly ip: IpAddress }>();
    },
  });
});

test('what is declared must exist', () => {
  // @ts-expect-error no such type of argument
  defineMessage({ name, args: { ip: 'address' }, handle() {} });
  // @ts-expect-error no such type of argument, in the long form
  defineMessage({ name, args: { ip: { type: 'address' } }, handle() {} });
  // @ts-expect-error an argument needs a type
  defineMessage({ name, args: { ip: { optional: true } }, handle() {} });
  // @ts-expect-error no such scope
  defineMessage({ name, vars: { v: 'sess' }, handle() {} });
  // @ts-expect-error no such type of variable
  defineMessage({ name, vars: { v: { scope: 'session', type: 'float' } }, handle() {} });
  // @ts-expect-error no such event
  defineMessage({ name, event: 'on-request', handle() {} });
  // @ts-expect-error a message has a name
  defineMessage({ handle() {} });
  // @ts-expect-error and a handler
  defineMessage({ name });
});

test('a handler has no this: it is called without one', () => {
  const message = defineMessage({
    name,
    handle() {
      // @ts-expect-error there is none
      return this?.name;
    },
  });
  expect(message).toBeInstanceOf(DefinedMessage);
});

const vars = {
  score: { scope: 'session', type: 'number' },
  list: { scope: 'transaction', type: 'string' },
  blocked: { scope: 'transaction', type: 'boolean' },
  bytes: { scope: 'transaction', type: 'buffer' },
  ip: { scope: 'request', type: 'ip' },
  any: { scope: 'response', type: 'any', name: 'whatever' },
  plain: 'process',
} as const;

test('a handler may return any of its variables, now or later, or nothing', () => {
  const either = (): boolean => true;
  const later = async (): Promise<{ score?: number; list?: string | null } | undefined> => ({ score: 1 });
  for (const message of [
    defineMessage({ name, handle: () => {} }),
    defineMessage({ name, handle: async () => {} }),
    defineMessage({ name, handle: () => undefined }),
    defineMessage({ name, vars, handle: () => {} }),
    defineMessage({ name, vars, handle: () => ({}) }),
    defineMessage({ name, vars, handle: () => ({ score: 1, list: 'a', blocked: true, bytes: Buffer.alloc(1) }) }),
    defineMessage({ name, vars, handle: () => ({ score: 1n, bytes: new Uint8Array(1) }) }),
    defineMessage({ name, vars, handle: () => ({ score: null, list: undefined, any: int32(1), plain: 'x' }) }),
    defineMessage({ name, args: { ip: 'ip' }, vars, handle: ({ ip }) => ({ ip, any: ip, plain: ip }) }),
    defineMessage({ name, vars, handle: async () => ({ score: 1 }) }),
    defineMessage({ name, vars, handle: () => (either() ? { score: 1 } : undefined) }),
    defineMessage({ name, vars, handle: () => (either() ? { score: 1 } : { list: 'a' }) }),
    defineMessage({ name, vars, handle: () => (either() ? { score: 1 } : Promise.resolve({ list: 'a' })) }),
    defineMessage({ name, vars, handle: later }),
    defineMessage({
      name,
      vars,
      async handle() {
        if (either()) return;
        return { ...(await later()), blocked: false };
      },
    }),
  ]) {
    expectTypeOf(message).toExtend<DefinedMessage>();
  }
});

test('a handler may not return what its variables are not', () => {
  // @ts-expect-error a number is no string
  defineMessage({ name, vars, handle: () => ({ list: 1 }) });
  // @ts-expect-error a string is no number
  defineMessage({ name, vars, handle: () => ({ score: '1' }) });
  // @ts-expect-error neither later
  defineMessage({ name, vars, handle: async () => ({ score: '1' }) });
  // @ts-expect-error an address is no text
  defineMessage({ name, args: { ip: 'ip' }, vars, handle: ({ ip }) => ({ list: ip }) });
  // @ts-expect-error text is no address
  defineMessage({ name, vars, handle: () => ({ ip: '192.0.2.1' }) });
  // @ts-expect-error nothing holds a Date
  defineMessage({ name, vars, handle: () => ({ any: new Date() }) });
  // @ts-expect-error nor does a variable without a type
  defineMessage({ name, vars, handle: () => ({ plain: { a: 1 } }) });
  // @ts-expect-error a value alone names no variable
  defineMessage({ name, vars, handle: () => 1 });
  // @ts-expect-error an explicit type is not a number
  defineMessage({ name, vars, handle: () => ({ score: int32(1) }) });
});

test('a misspelled variable is found, also beside a right one', () => {
  // @ts-expect-error alone
  defineMessage({ name, vars, handle: () => ({ scroe: 1 }) });
  // @ts-expect-error beside another
  defineMessage({ name, vars, handle: () => ({ score: 1, lst: 'a' }) });
  // @ts-expect-error later
  defineMessage({ name, vars, handle: async () => ({ score: 1, lst: 'a' }) });
  // @ts-expect-error where none is declared
  defineMessage({ name, handle: () => ({ score: 1 }) });
});

test('what a variable can be set to', () => {
  expectTypeOf<null>().toExtend<Settable>();
  expectTypeOf<undefined>().toExtend<Settable>();
  expectTypeOf<Buffer>().toExtend<Settable>();
  expectTypeOf<IpAddress>().toExtend<Settable>();
  expectTypeOf<Date>().not.toExtend<Settable>();
  expectTypeOf<string[]>().not.toExtend<Settable>();
});
