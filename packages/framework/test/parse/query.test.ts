import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseQuery, queryParams } from '../../src/parse/index.ts';
import { errorOf, validated } from './support.ts';

describe('parseQuery', () => {
  test('reads parameters, with or without the question mark', () => {
    expect([...parseQuery('a=1&b=x+y&a=%C3%A4&c')]).toEqual([
      ['a', '1'],
      ['b', 'x y'],
      ['a', 'ä'],
      ['c', ''],
    ]);
    expect(parseQuery('?a=1').get('a')).toBe('1');
    expect(parseQuery('').size).toBe(0);
    expect(parseQuery('a=%ff').get('a')).toBe('\ufffd');
  });

  test('has no name that means more than another', () => {
    expect(parseQuery('__proto__=1').get('__proto__')).toBe('1');
    expect(parseQuery('').get('constructor')).toBeNull();
  });

  test('takes as many parameters as it may, and not one more', () => {
    expect(parseQuery('a&'.repeat(999)).size).toBe(999);
    expect(parseQuery(`${'a&'.repeat(999)}a`).size).toBe(1000);
    expect(errorOf(() => parseQuery('a&'.repeat(1000)))).toMatchObject({
      code: 'SPOA_PARSE_LIMIT',
      facts: { format: 'query', limit: 1000 },
    });
    expect(errorOf(() => parseQuery('a&b', { maxParameters: 1 })).code).toBe('SPOA_PARSE_LIMIT');
  });

  test('any text is read, and any parameters come back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 500 }), (text) => {
        expect(parseQuery(text)).toBeInstanceOf(URLSearchParams);
      }),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string(), fc.string())), (parameters) => {
        expect([...parseQuery(String(new URLSearchParams(parameters)))]).toEqual(parameters);
      }),
    );
  });
});

test('queryParams is the same as a schema', () => {
  expect(String(validated(queryParams, 'a=1'))).toBe('a=1');
  expect(validated(queryParams, undefined)).toBe('the query string: text was expected, not undefined');
});
