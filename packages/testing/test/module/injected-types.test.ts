import { Arg, defineMessage, IpAddress, ipv4, SetVar, SpoeMessage, type Value } from '@spoa/framework';
import { schemaFrom } from '@spoa/framework/parse';
import { expect, expectTypeOf, test } from 'vitest';

import { Test, type Variables } from '../../src/index.ts';

/*
 * What TypeScript makes of `inject`. These are checked by `tsc -p tsconfig.test.json`; that the values are what the types say is
 * checked here.
 */

const everything = defineMessage({
  name: 'everything',
  args: {
    ip: 'ip',
    size: { type: 'number', name: 'bytes' },
    first: { type: 'string', name: 0 },
    flag: { type: 'boolean', optional: true },
    path: { type: 'string', schema: schemaFrom((text: unknown) => String(text ?? '/')) },
    data: { type: 'buffer', default: Buffer.of(1) },
  },
  vars: {
    score: { scope: 'session', type: 'number' },
    from: { scope: 'session', type: 'ip', name: 'source' },
    bytes: { scope: 'transaction', type: 'buffer' },
    whatever: 'transaction',
  },
  fallback: { request: { failed: true } },
  handle: ({ ip, size, first, flag, path, data }) => ({
    score: size,
    from: ip,
    bytes: data,
    whatever: `${first} ${flag} ${path}`,
  }),
});

const bare = defineMessage({ name: 'bare', handle: () => undefined });

@SpoeMessage('by-class')
class ByClass {
  @SetVar('seen', { scope: 'session' })
  handle(@Arg('ip') ip: IpAddress, @Arg(1) second: string): string {
    return `${ip} ${second}`;
  }
}

const start = () => Test.createTestingModule({ controllers: [everything, bare, ByClass] }).compile();

test('a message made by defineMessage knows its arguments and its variables', async () => {
  await using app = await start();
  const answer = await app.inject(everything, { ip: '192.0.2.1', size: 5n, first: 'a' });
  expectTypeOf(answer.session?.score).toEqualTypeOf<number | bigint | null | undefined>();
  expectTypeOf(answer.session?.source).toEqualTypeOf<IpAddress | null | undefined>();
  expectTypeOf(answer.transaction?.bytes).toEqualTypeOf<Buffer | null | undefined>();
  expectTypeOf(answer.transaction?.whatever).toEqualTypeOf<Value | undefined>();
  expectTypeOf(answer.request?.anything).toEqualTypeOf<Value | undefined>();
  expectTypeOf(answer.session ?? {}).not.toHaveProperty('from');
  expect(answer.session?.score).toBe(5);
  expect(String(answer.session?.source)).toBe('192.0.2.1');
  expect(answer.transaction).toEqual({ bytes: Buffer.of(1), whatever: 'a undefined /' });
});

test('arguments are convenient values of their types', async () => {
  await using app = await start();
  const all = { ip: ipv4('192.0.2.1'), size: 1, first: 'a', flag: null, path: '/p', data: 'text' } as const;
  expect((await app.inject(everything, all)).transaction).toEqual({
    bytes: Buffer.from('text'),
    whatever: 'a undefined /p',
  });
  // @ts-expect-error a number is no address
  expect(await app.inject(everything, { ...all, ip: 5 })).toEqual({ request: { failed: true } });
  // @ts-expect-error its arguments are missing
  expect(await app.inject(everything, {})).toEqual({ request: { failed: true } });
  // @ts-expect-error they all are
  expect(await app.inject(everything)).toEqual({ request: { failed: true } });
  // @ts-expect-error no such argument
  await app.inject(everything, { ...all, sise: 1 });
  expect(app.failures.map(({ error }) => (error as { code?: string }).code)).toEqual([
    'SPOA_ARGUMENT_TYPE',
    'SPOA_ARGUMENT_MISSING',
    'SPOA_ARGUMENT_MISSING',
  ]);
});

test('a message without arguments needs none', async () => {
  await using app = await start();
  const answer = await app.inject(bare);
  expectTypeOf(answer.session).toEqualTypeOf<Readonly<Record<string, Value>> | undefined>();
  expect(answer).toEqual({});
  expect(await app.inject(bare, {}, { streamId: 4 })).toEqual({});
});

test('a controller class has no names in its type: any can be given, and any may come', async () => {
  await using app = await start();
  const answer = await app.inject(ByClass, { ip: '2001:db8::1', 1: 'second' });
  expectTypeOf(answer).toEqualTypeOf<Variables>();
  expect(answer).toEqual({ session: { seen: '2001:db8::1 second' } });
  // @ts-expect-error a class without a method `handle`
  await expect(app.inject(class Other {})).rejects.toMatchObject({ code: 'TESTING_NO_CONTROLLER' });
});

test('text is sent as text where no address is asked for, or none is written', async () => {
  await using app = await start();
  expect(await app.inject(ByClass, { ip: 'no address', 1: '192.0.2.1' })).toEqual({});
  expect(
    await app.inject(ByClass, [
      ['ip', ipv4('192.0.2.1')],
      ['', '192.0.2.1'],
    ]),
  ).toEqual({
    session: { seen: '192.0.2.1 192.0.2.1' },
  });
});

test('a gap before an argument that stands at a place is an error', async () => {
  await using app = await start();
  await expect(app.inject(ByClass, { ip: undefined, 1: 'second' })).rejects.toMatchObject({
    code: 'TESTING_ARGUMENTS',
    message: 'nothing fills the place 0 before the arguments at 1: give it a value, or null',
  });
});
