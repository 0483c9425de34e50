import { encodeVarint } from '@spoa/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeHeaders, encodeHeaderNames, encodeHeaders, type HeaderMap, headerMap } from '../../src/parse/index.ts';
import { errorOf, outcomeOf, validated } from './support.ts';

const END = [0, 0];

/** Written by hand from HAProxy's manual: `host: a.example`, `x: `. */
const BY_HAND = Buffer.from([4, ...Buffer.from('host'), 9, ...Buffer.from('a.example'), 1, 0x78, 0, ...END]);

const names = fc.stringMatching(/^[!#$%&'*+.^_`|~0-9a-z-]{1,255}$/);
const values = fc
  .array(fc.integer({ min: 1, max: 255 }).filter((code) => code !== 10 && code !== 13))
  .map((codes) => String.fromCharCode(...codes));

describe('decodeHeaders', () => {
  test('reads what HAProxy writes', () => {
    expect([...decodeHeaders(BY_HAND)]).toEqual([
      ['host', 'a.example'],
      ['x', ''],
    ]);
    expect(decodeHeaders(Uint8Array.from(END)).size).toBe(0);
  });

  test('reads lengths of two bytes and keeps every byte of a value', () => {
    const value = Buffer.from(Array.from({ length: 300 }, (_, i) => i % 256));
    const bytes = Buffer.concat([Buffer.from([1, 0x61]), encodeVarint(300), value, Buffer.from(END)]);
    expect(Buffer.from(decodeHeaders(bytes).get('a') ?? '', 'latin1')).toEqual(value);
  });

  test('shares no memory with what it was given', () => {
    const bytes = Buffer.from(BY_HAND);
    const headers = decodeHeaders(bytes);
    bytes.fill(0xff);
    expect(headers.get('host')).toBe('a.example');
  });

  test.each(Array.from({ length: BY_HAND.length }, (_, i) => i))(
    'refuses the list cut off after %i bytes',
    (length) => {
      expect(errorOf(() => decodeHeaders(BY_HAND.subarray(0, length)))).toMatchObject({
        code: 'SPOA_PARSE_INVALID',
        facts: { format: 'headers' },
      });
    },
  );

  test.each([
    ['bytes behind the end', [...END, 0], 2],
    ['a value without a name', [0, 1, 0x61, ...END], 0],
    ['a length beyond the list', [240, 0], 0],
    ['a length beyond 64 bits', [1, 0x61, ...Array<number>(11).fill(0xff)], 2],
  ])('refuses %s', (_, bytes, offset) => {
    expect(errorOf(() => decodeHeaders(Uint8Array.from(bytes)))).toMatchObject({
      code: 'SPOA_PARSE_INVALID',
      facts: { offset },
    });
  });

  test('takes as many fields as it may, and not one more', () => {
    const list = (count: number) => encodeHeaders(Array.from({ length: count }, () => ['a', ''] as const));
    expect(decodeHeaders(list(1000)).size).toBe(1000);
    expect(errorOf(() => decodeHeaders(list(1001)))).toMatchObject({
      code: 'SPOA_PARSE_LIMIT',
      facts: { format: 'headers', limit: 1000 },
    });
    expect(decodeHeaders(list(2), { maxHeaders: 2 }).size).toBe(2);
    expect(errorOf(() => decodeHeaders(list(3), { maxHeaders: 2 })).code).toBe('SPOA_PARSE_LIMIT');
  });

  test('any bytes give headers or our error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const outcome = outcomeOf(() => decodeHeaders(bytes));
        if ('value' in outcome) expect(outcome.value.size * 2).toBeLessThanOrEqual(bytes.length);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('encodeHeaders', () => {
  test('writes what HAProxy reads', () => {
    const headers = [['host', 'a.example'] as const, ['x', ''] as const];
    expect(encodeHeaders(headers)).toEqual(BY_HAND);
    expect(encodeHeaders([])).toEqual(Buffer.from(END));
  });

  test('decoding what was encoded gives the same fields', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.tuple(names, values), { selector: ([name]) => name }), (fields) => {
        const bytes = encodeHeaders(fields);
        const headers = decodeHeaders(bytes);
        expect([...headers]).toEqual(fields);
        expect(encodeHeaders(headers)).toEqual(bytes);
      }),
    );
  });

  test.each([
    ['an empty name', '', 'x'],
    ['a name with a colon', 'a:', 'x'],
    ['a name with a line break', 'a\r\nb', 'x'],
    ['a name beyond ASCII', 'ä', 'x'],
    ['a name that HAProxy has no room for', 'a'.repeat(256), 'x'],
    ['a value with a line feed', 'a', 'x\nset-cookie: y'],
    ['a value with a carriage return', 'a', 'x\r'],
    ['a value with a NUL', 'a', '\0'],
    ['a value beyond one byte a character', 'a', '€'],
    ['a value that HAProxy has no room for', 'a', 'x'.repeat(2 ** 20)],
    ['a value that is no text', 'a', 5 as unknown as string],
  ])('refuses %s', (_, name, value) => {
    const error = errorOf(() => encodeHeaders([[name, value]]));
    expect(error.code).toBe('SPOA_HEADER_INVALID');
    expect(error.message).not.toContain('set-cookie');
  });

  test('takes a name and a value as long as HAProxy has room for', () => {
    const fields = [['a'.repeat(255), 'x'.repeat(2 ** 20 - 1)] as const];
    expect([...decodeHeaders(encodeHeaders(fields))]).toEqual(fields);
  });
});

test('encodeHeaderNames writes names alone', () => {
  expect(encodeHeaderNames(['a', 'bc'])).toEqual(Buffer.from([1, 0x61, 2, 0x62, 0x63, 0]));
  expect(errorOf(() => encodeHeaderNames(['a b'])).code).toBe('SPOA_HEADER_INVALID');
});

test('headerMap is the same as a schema', () => {
  expect((validated(headerMap, BY_HAND) as HeaderMap).get('Host')).toBe('a.example');
  expect(validated(headerMap, BY_HAND.subarray(1))).toMatch(/^the header list: /);
  expect(validated(headerMap, 'text')).toBe('the header list: bytes were expected, not a string');
  expect(validated(headerMap, null)).toBe('the header list: bytes were expected, not null');
});
