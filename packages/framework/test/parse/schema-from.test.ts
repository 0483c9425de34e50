import type { StandardSchemaV1 } from '@standard-schema/spec';
import * as v from 'valibot';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { z } from 'zod';
import { booleanText, type HeaderMap, headerMap, parseCookies, schemaFrom } from '../../src/parse/index.ts';
import { validated } from './support.ts';

describe('schemaFrom', () => {
  const twoCookies = schemaFrom((text: string) => parseCookies(text, { maxCookies: 2 }));

  test('makes a schema of a helper with options', () => {
    expect(validated(twoCookies, 'a=1; b=2')).toEqual(
      new Map([
        ['a', '1'],
        ['b', '2'],
      ]),
    );
    expect(validated(twoCookies, 'a=1; b=2; c=3')).toBe('the cookies: more than 2 cookies');
  });

  test('hides no mistake of a function', () => {
    const broken = schemaFrom(() => {
      throw new TypeError('a bug');
    });
    expect(() => validated(broken, 'a')).toThrow(TypeError);
  });

  test('schemas of zod, of valibot and of the helpers are asked alike', () => {
    const schemas: StandardSchemaV1<unknown, unknown>[] = [
      z.stringbool(),
      v.pipe(v.string(), v.toBoolean()),
      booleanText,
    ];
    expect(schemas.map((schema) => validated(schema, 'true'))).toEqual([true, true, true]);
  });

  test('the types of input and output are known', () => {
    expectTypeOf<StandardSchemaV1.InferInput<typeof headerMap>>().toEqualTypeOf<Uint8Array>();
    expectTypeOf<StandardSchemaV1.InferOutput<typeof headerMap>>().toEqualTypeOf<HeaderMap>();
    expectTypeOf<StandardSchemaV1.InferOutput<typeof twoCookies>>().toEqualTypeOf<Map<string, string>>();
  });
});
