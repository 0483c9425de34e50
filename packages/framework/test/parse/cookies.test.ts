import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cookieMap, parseCookies } from '../../src/parse/index.ts';
import { errorOf, validated } from './support.ts';

describe('parseCookies', () => {
  test.each([
    ['a=1; b=2', { a: '1', b: '2' }],
    ['a=1;b=2;', { a: '1', b: '2' }],
    ['a=b=c', { a: 'b=c' }],
    ['a=%E2%82%AC', { a: '€' }],
    ['a=%zz; b=%ff; c=ä%41; d=%', { a: '%zz', b: '%ff', c: 'äA', d: '%' }],
    ['a=first; a=second', { a: 'first' }],
    ['no value; a=1', { a: '1' }],
    ['', {}],
  ])('reads %j', (text, cookies) => {
    expect(Object.fromEntries(parseCookies(text))).toEqual(cookies);
  });

  test('has no name that means more than another', () => {
    expect([...parseCookies('__proto__=1; constructor=2; toString=3')]).toEqual([
      ['__proto__', '1'],
      ['constructor', '2'],
      ['toString', '3'],
    ]);
    expect(parseCookies('a=1').get('constructor')).toBeUndefined();
  });

  test('takes as many cookies as it may, and not one more', () => {
    const cookies = (count: number) => Array.from({ length: count }, (_, i) => `c${i}=${i}`).join('; ');
    expect(parseCookies(cookies(200)).size).toBe(200);
    expect(errorOf(() => parseCookies(cookies(201)))).toMatchObject({
      code: 'SPOA_PARSE_LIMIT',
      facts: { format: 'cookies', limit: 200 },
    });
    expect(errorOf(() => parseCookies('a=1; b=2', { maxCookies: 1 })).code).toBe('SPOA_PARSE_LIMIT');
  });

  test('any text of few cookies is read', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 150 }), (text) => {
        expect(parseCookies(text)).toBeInstanceOf(Map);
      }),
    );
  });

  test('names and values come back', () => {
    const name = fc.stringMatching(/^[a-z0-9_-]{1,20}$/);
    fc.assert(
      fc.property(fc.uniqueArray(fc.tuple(name, fc.string()), { selector: ([key]) => key }), (cookies) => {
        const text = cookies.map(([key, value]) => `${key}=${encodeURIComponent(value)}`).join('; ');
        expect(parseCookies(text)).toEqual(new Map(cookies));
      }),
    );
  });
});

test('cookieMap is the same as a schema', () => {
  expect(validated(cookieMap, 'a=1')).toEqual(new Map([['a', '1']]));
  expect(validated(cookieMap, Buffer.from('a=1'))).toBe('the cookies: text was expected, not bytes');
});
