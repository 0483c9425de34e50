import { type } from 'arktype';
import * as v from 'valibot';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { z } from 'zod';
import {
  Arg,
  Catch,
  DefaultValuePipe,
  defineMessage,
  type ExceptionFilter,
  InvalidArgumentError,
  type PipeTransform,
  SchemaPipe,
  SpoeMessage,
  UseFilters,
  UsePipes,
} from '../../src/index.ts';
import { booleanText, encodeHeaders, HeaderMap, headerMap, queryParams } from '../../src/parse/index.ts';
import { message, startApplication } from '../support/test-application.ts';

const POLICY = { errorVar: { name: 'why', scope: 'session' } } as const;

/** The names of things: a class whose type tells nothing about what HAProxy sends. */
class Name {
  constructor(readonly text: string) {}
}

test.each([
  ['zod', z.string().startsWith('/').max(20)],
  ['valibot', v.pipe(v.string(), v.startsWith('/'), v.maxLength(20))],
  ['arktype, whose schemas are functions', type('/^\\//').and('string <= 20')],
  ['zod, asynchronous', z.string().refine(async (text) => text.startsWith('/') && text.length <= 20)],
])('a schema of %s checks an argument', async (_, schema) => {
  const seen: unknown[] = [];

  @SpoeMessage('m', POLICY)
  class Checked {
    handle(@Arg('path', schema) path: string): void {
      seen.push(path);
    }
  }
  const { app, notify, log } = await startApplication({ controllers: [Checked] });
  const why = async (path: string | number | null) =>
    (await notify(message('m', ['path', path]))).get('session', 'why');
  expect(await why('/good')).toBeUndefined();
  expect(await why('secret-of-a-client')).toBe('SPOA_ARGUMENT_INVALID');
  expect(await why(5)).toBe('SPOA_ARGUMENT_INVALID');
  expect(await why(null)).toBe('SPOA_ARGUMENT_INVALID');
  expect((await notify(message('m'))).get('session', 'why')).toBe('SPOA_ARGUMENT_INVALID');
  expect(seen).toEqual(['/good']);
  expect(app.failures.get('m SPOA_ARGUMENT_INVALID')).toBe(4);
  expect(log.texts().join()).not.toContain('secret-of-a-client');
});

test('a schema transforms, and says what becomes of what is not there', async () => {
  const seen: unknown[] = [];

  @SpoeMessage('m')
  class Transformed {
    handle(
      @Arg(
        'name',
        z.string().transform((text) => new Name(text)),
      )
      name: Name,
      @Arg('flag', booleanText) flag: boolean,
      @Arg('query', queryParams) asked: URLSearchParams,
      @Arg('missing', z.string().optional()) missing: string | undefined,
      @Arg('port', z.number().default(443)) port: number,
      @Arg('plain', { type: 'latin1', default: 'é' }, z.string().length(1)) plain: string,
    ): void {
      seen.push(name, flag, String(asked), missing, port, plain);
    }
  }
  const { notify, log } = await startApplication({ controllers: [Transformed] });
  await notify(message('m', ['name', 'n'], ['flag', 'yes'], ['query', 'a=1&b=2'], ['missing', null], ['port', null]));
  expect(log.loud).toEqual([]);
  expect(seen).toEqual([new Name('n'), true, seen[2], undefined, 443, 'é']);
});

test("the helpers for what HAProxy sends are schemas: a request's headers", async () => {
  const seen: unknown[] = [];

  @SpoeMessage('m')
  class Request {
    handle(@Arg('headers', headerMap) map: HeaderMap): void {
      seen.push(map.get('host'));
    }
  }
  const { notify } = await startApplication({ controllers: [Request] });
  await notify(message('m', ['headers', encodeHeaders([['Host', 'example.com']])]));
  expect(seen).toEqual(['example.com']);
});

test('pipes get what stands before them, and are told what it is', async () => {
  const seen: unknown[] = [];
  const tell = (name: string): PipeTransform => ({
    transform(value, metadata) {
      seen.push([name, value, metadata]);
      return value;
    },
  });

  @SpoeMessage('m')
  @UsePipes(tell('all'))
  class Piped {
    handle(
      @Arg('n', new DefaultValuePipe(7), tell('own')) _n: number,
      @Arg(0, { type: 'any' }) _first: unknown,
    ): void {}
  }
  const { notify } = await startApplication({ controllers: [Piped] });
  await notify({ name: 'm', args: [['', 'x']] });
  const n = { type: 'arg', data: 'n', metatype: Number, message: 'm' };
  expect(seen).toEqual([
    ['all', undefined, n],
    ['own', 7, n],
    ['all', 'x', { type: 'arg', data: 0, metatype: Object, message: 'm' }],
  ]);
});

describe('DefaultValuePipe', () => {
  test('gives a value for nothing only', () => {
    const pipe = new DefaultValuePipe('d');
    expect([undefined, null, '', 0, false].map((value) => pipe.transform(value))).toEqual(['d', 'd', '', 0, false]);
  });
});

test('a pipe of the controller does not make its arguments optional', async () => {
  @SpoeMessage('m', POLICY)
  @UsePipes(new SchemaPipe(z.any()))
  class Piped {
    handle(@Arg('n', { type: 'number' }) _n: number): void {}
  }
  const { notify } = await startApplication({ controllers: [Piped] });
  expect((await notify(message('m'))).get('session', 'why')).toBe('SPOA_ARGUMENT_MISSING');
});

test('a filter learns what the schema says', async () => {
  @Catch(InvalidArgumentError)
  class Invalid implements ExceptionFilter {
    catch({ issues, facts }: InvalidArgumentError): unknown {
      return { session: { issue: issues[0]?.message ?? null, argument: facts.argument as string } };
    }
  }
  @SpoeMessage('m')
  @UseFilters(Invalid)
  class Checked {
    handle(@Arg('path', z.string('a path')) _path: string): void {}
  }
  const { notify } = await startApplication({ controllers: [Checked] });
  const ack = await notify(message('m', ['path', 5]));
  expect([ack.get('session', 'issue'), ack.get('session', 'argument')]).toEqual(['a path', 'path']);
});

test('defineMessage: the type of an argument is what its schema makes', async () => {
  const seen: unknown[] = [];
  const checked = defineMessage({
    name: 'm',
    args: {
      name: { type: 'string', schema: z.string().transform((text) => new Name(text)) },
      size: { type: 'number', schema: v.optional(v.number(), 9) },
      plain: 'string',
    },
    handle: ({ name, size, plain }) => {
      expectTypeOf(name).toEqualTypeOf<Name>();
      expectTypeOf(size).toEqualTypeOf<number>();
      expectTypeOf(plain).toEqualTypeOf<string>();
      seen.push(name, size, plain);
    },
  });
  const { notify } = await startApplication({ controllers: [checked] });
  await notify(message('m', ['plain', 'p'], ['name', 'n']));
  expect(seen).toEqual([new Name('n'), 9, 'p']);
});
