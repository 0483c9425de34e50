import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  decodeTypedData,
  decodeVarint,
  encodeTypedData,
  encodeVarint,
  int64,
  MAX_VARINT_BYTES,
  Reader,
  readVarint,
  type SpoaErrorCode,
  skipTypedData,
  Writer,
  writeVarint,
} from '../../src/index.ts';
import vectors from '../vectors/varint.json' with { type: 'json' };
import { bytesOf } from '../vectors/vector-values.ts';
import { expectSpoaError } from './expect-spoa-error.ts';

const INT64 = 0x04;
const fits = (value: bigint): number | bigint => (value <= Number.MAX_SAFE_INTEGER ? Number(value) : value);

/** The definition, step by step, without any thought of speed. */
function naive(value: bigint): number[] {
  if (value < 240n) return [Number(value)];
  const bytes = [Number(value & 0xffn) | 0xf0];
  let rest = (value - 240n) >> 4n;
  for (; rest >= 128n; rest = (rest - 128n) >> 7n) bytes.push(Number(rest & 0xffn) | 0x80);
  return [...bytes, Number(rest)];
}

describe('S2-08 golden vectors', () => {
  test.each(vectors.unsigned)('$value is $hex, both ways', ({ value, hex }) => {
    const bytes = bytesOf(hex);
    expect(encodeVarint(BigInt(value))).toEqual(bytes);
    expect(decodeVarint(bytes)).toEqual({ value: fits(BigInt(value)), length: bytes.length });
    if (BigInt(value) <= Number.MAX_SAFE_INTEGER) expect(encodeVarint(Number(value))).toEqual(bytes);
  });

  test.each(vectors.signed)('$value is $hex as an INT64, both ways', ({ value, hex }) => {
    const bytes = Buffer.concat([Buffer.of(INT64), bytesOf(hex)]);
    const exact = BigInt(value);
    const safe = exact >= Number.MIN_SAFE_INTEGER && exact <= Number.MAX_SAFE_INTEGER;
    expect(encodeTypedData(int64(exact))).toEqual(bytes);
    expect(decodeTypedData(bytes).value).toBe(safe ? Number(exact) : exact);
    if (safe) expect(encodeTypedData(int64(Number(exact)))).toEqual(bytes);
  });

  test.each(vectors.invalid)('$hex is $code: $why', ({ hex, code }) => {
    const bytes = bytesOf(hex);
    expectSpoaError(code as SpoaErrorCode, () => decodeVarint(bytes));
    const typed = Buffer.concat([Buffer.of(INT64), bytes]);
    expectSpoaError(code as SpoaErrorCode, () => decodeTypedData(typed));
    expectSpoaError(code as SpoaErrorCode, () => skipTypedData(new Reader(typed)));
  });
});

describe('the border between number and bigint', () => {
  test.each([
    [2n ** 53n - 1n, 'number'],
    [2n ** 53n, 'bigint'],
    [2n ** 53n + 1n, 'bigint'],
  ])('%s is read as a %s', (value, type) => {
    const read = decodeVarint(encodeVarint(value)).value;
    expect(typeof read).toBe(type);
    expect(BigInt(read)).toBe(value);
  });

  test.each([
    [-(2n ** 53n) + 1n, 'number'],
    [-(2n ** 53n), 'bigint'],
    [-(2n ** 53n) - 1n, 'bigint'],
  ])('%s is read as a %s', (value, type) => {
    const read = decodeTypedData(encodeTypedData(int64(value))).value as number | bigint;
    expect(typeof read).toBe(type);
    expect(BigInt(read)).toBe(value);
  });
});

describe('what no varint holds', () => {
  test.each([-1, -0.5, 0.5, 240.5, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY, -1n, 2n ** 64n])(
    '%s is refused and nothing is written',
    (value) => {
      const writer = new Writer();
      expectSpoaError('SPOA_VALUE_OUT_OF_RANGE', () => writeVarint(writer, value));
      expect(writer.offset).toBe(0);
    },
  );

  test('an error does not tell what somebody passed by mistake', () => {
    const error = expectSpoaError('SPOA_VALUE_OUT_OF_RANGE', () => encodeVarint('secret' as unknown as number));
    expect(error.message).not.toContain('secret');
  });
});

describe('properties', () => {
  const unsigned = fc.oneof(
    fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    fc.nat({ max: 64 }).chain((bits) => fc.bigInt({ min: 0n, max: 2n ** BigInt(bits) - 1n })),
    fc
      .tuple(fc.nat({ max: 63 }), fc.integer({ min: -300, max: 300 }))
      .map(([bits, delta]) => BigInt.asUintN(64, 2n ** BigInt(bits) + BigInt(delta))),
  );

  test('every value has the bytes of the definition, and is read back, alone and inside other bytes', () => {
    fc.assert(
      fc.property(
        unsigned,
        fc.uint8Array({ maxLength: 12 }),
        fc.uint8Array({ maxLength: 12 }),
        (value, before, after) => {
          const bytes = encodeVarint(value);
          expect([...bytes]).toEqual(naive(value));
          expect(encodeVarint(fits(value))).toEqual(bytes);
          expect(bytes.length).toBeLessThanOrEqual(MAX_VARINT_BYTES);
          const inside = Buffer.concat([before, bytes, after]);
          expect(decodeVarint(inside, before.length)).toEqual({ value: fits(value), length: bytes.length });
        },
      ),
      { numRuns: 2000 },
    );
  });

  test('every signed value has the bytes of its two’s complement, written from a bigint and from a number', () => {
    const signed = fc.oneof(
      unsigned.map((value) => BigInt.asIntN(64, value)),
      unsigned.map((value) => BigInt.asIntN(64, -value)),
      fc.maxSafeInteger().map(BigInt),
    );
    fc.assert(
      fc.property(signed, (value) => {
        const safe = value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER;
        const bytes = Buffer.of(INT64, ...naive(BigInt.asUintN(64, value)));
        expect(encodeTypedData(int64(value))).toEqual(bytes);
        if (safe) expect(encodeTypedData(int64(Number(value)))).toEqual(bytes);
        expect(decodeTypedData(bytes)).toEqual({ type: 4, value: safe ? Number(value) : value, length: bytes.length });
        const reader = new Reader(bytes);
        skipTypedData(reader);
        expect(reader.remaining).toBe(0);
      }),
      { numRuns: 2000 },
    );
  });

  test('every beginning of a varint is SPOA_TRUNCATED', () => {
    fc.assert(
      fc.property(unsigned, (value) => {
        const bytes = encodeVarint(value);
        for (let length = 0; length < bytes.length; length++) {
          expectSpoaError('SPOA_TRUNCATED', () => decodeVarint(bytes.subarray(0, length)));
        }
      }),
    );
  });

  test('bytes beyond the end of a run are not read', () => {
    const reader = new Reader(bytesOf('f0 00'), 0, 1);
    expectSpoaError('SPOA_TRUNCATED', () => readVarint(reader));
  });

  test('what is read writes the same bytes: there is one encoding of every value', () => {
    const byte = fc.nat({ max: 255 });
    const continued = fc.array(
      byte.map((value) => value | 0x80),
      { maxLength: 10 },
    );
    fc.assert(
      fc.property(
        byte.map((value) => value | 0xf0),
        continued,
        byte,
        (first, middle, last) => {
          const bytes = Buffer.of(first, ...middle, last & 0x7f);
          let read: ReturnType<typeof decodeVarint>;
          try {
            read = decodeVarint(bytes);
          } catch {
            expectSpoaError('SPOA_VARINT_INVALID', () => decodeVarint(bytes));
            return;
          }
          expect(encodeVarint(read.value)).toEqual(bytes);
        },
      ),
      { numRuns: 2000 },
    );
  });
});
