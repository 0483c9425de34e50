import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  bin,
  DATA_TYPE_NAMES,
  DataType,
  decodeTypedData,
  encodeTypedData,
  IpAddress,
  int32,
  int64,
  ipv4,
  ipv6,
  Reader,
  readTypedData,
  type SpoaErrorCode,
  skipTypedData,
  str,
  Typed,
  uint32,
  uint64,
  type WritableValue,
  Writer,
  writeTypedData,
} from '../../src/index.ts';
import vectors from '../vectors/typed-data.json' with { type: 'json' };
import { bytesOf, readable, typeName, type VectorValue, writable } from '../vectors/vector-values.ts';
import { writtenValues } from './arbitraries.ts';
import { expectSpoaError } from './expect-spoa-error.ts';

const typed = (entry: { value: unknown }): VectorValue => entry.value as VectorValue;

describe('S2-07 golden vectors', () => {
  test.each([...vectors.both, ...vectors.decodeOnly])('$hex is read: $what', (entry) => {
    const bytes = bytesOf(entry.hex);
    const { type, value, length } = decodeTypedData(bytes);
    expect({ type: DATA_TYPE_NAMES[type], value, length }).toEqual({
      type: typeName(typed(entry)),
      value: readable(typed(entry)),
      length: bytes.length,
    });
    const reader = new Reader(bytes);
    skipTypedData(reader);
    expect(reader.remaining).toBe(0);
  });

  test.each(vectors.both)('$hex is written: $what', (entry) => {
    expect(encodeTypedData(writable(typed(entry)))).toEqual(bytesOf(entry.hex));
  });

  test.each(vectors.invalid)('$hex is $code, read or skipped: $why', ({ hex, code }) => {
    expectSpoaError(code as SpoaErrorCode, () => decodeTypedData(bytesOf(hex)));
    expectSpoaError(code as SpoaErrorCode, () => skipTypedData(new Reader(bytesOf(hex))));
  });

  // HAProxy takes a BOOLEAN for true where the whole high nibble is 1, and never sets another bit of it.
  test.each([
    [0x11, true],
    [0x01, false],
    [0x21, false],
    [0x31, false],
    [0xf1, false],
  ])('the BOOLEAN %s is %s, as HAProxy reads it', (byte, value) => {
    expect(decodeTypedData(Buffer.of(byte)).value).toBe(value);
  });
});

describe('the natural type of a value', () => {
  test.each<[what: string, value: WritableValue, type: number]>([
    ['0', 0, DataType.INT32],
    ['-0', -0, DataType.INT32],
    ['2^31-1', 2 ** 31 - 1, DataType.INT32],
    ['2^31', 2 ** 31, DataType.INT64],
    ['-2^31', -(2 ** 31), DataType.INT32],
    ['-2^31-1', -(2 ** 31) - 1, DataType.INT64],
    ['2^53-1', Number.MAX_SAFE_INTEGER, DataType.INT64],
    ['-2^53+1', Number.MIN_SAFE_INTEGER, DataType.INT64],
    ['0n', 0n, DataType.INT64],
    ['2n^63-1', 2n ** 63n - 1n, DataType.INT64],
    ['2n^63', 2n ** 63n, DataType.UINT64],
    ['2n^64-1', 2n ** 64n - 1n, DataType.UINT64],
    ['-2n^63', -(2n ** 63n), DataType.INT64],
    ['null', null, DataType.NULL],
    ['true', true, DataType.BOOLEAN],
    ['text', 'text', DataType.STRING],
    ['a Buffer', Buffer.from('b'), DataType.BINARY],
    ['a Uint8Array', new Uint8Array(3), DataType.BINARY],
    ['IPv4', IpAddress.v4(1), DataType.IPV4],
    ['IPv6', IpAddress.v6(0, 0, 0, 1), DataType.IPV6],
    ['str() of bytes', str(Buffer.of(0xff)), DataType.STRING],
    ['bin() of text', bin('text'), DataType.BINARY],
    ['ipv4() of text', ipv4('10.0.0.1'), DataType.IPV4],
    ['ipv6() of text', ipv6('::1'), DataType.IPV6],
  ])('%s is written with the right type', (_, value, type) => {
    expect(encodeTypedData(value).readUInt8() & 0x0f).toBe(type);
  });

  test('a type chosen by hand wins over the natural one', () => {
    const types = [int32(5), uint32(5), int64(5), uint64(5)].map((value) => encodeTypedData(value)[0]);
    expect(types).toEqual([DataType.INT32, DataType.UINT32, DataType.INT64, DataType.UINT64]);
  });
});

describe('what no type can hold', () => {
  const secret = 'hunter2';
  const wrong = (value: unknown): WritableValue => value as WritableValue;

  test.each<[what: string, value: unknown, code: SpoaErrorCode]>([
    ['0.5', 0.5, 'SPOA_VALUE_INVALID'],
    ['-0.1', -0.1, 'SPOA_VALUE_INVALID'],
    ['239.9', 239.9, 'SPOA_VALUE_INVALID'],
    ['1e9 + 0.5', 1e9 + 0.5, 'SPOA_VALUE_INVALID'],
    ['NaN', Number.NaN, 'SPOA_VALUE_INVALID'],
    ['Infinity', Number.POSITIVE_INFINITY, 'SPOA_VALUE_INVALID'],
    ['-Infinity', Number.NEGATIVE_INFINITY, 'SPOA_VALUE_INVALID'],
    ['2^53', 2 ** 53, 'SPOA_VALUE_OUT_OF_RANGE'],
    ['-2^53', -(2 ** 53), 'SPOA_VALUE_OUT_OF_RANGE'],
    ['1e300', 1e300, 'SPOA_VALUE_OUT_OF_RANGE'],
    ['2n^64', 2n ** 64n, 'SPOA_VALUE_OUT_OF_RANGE'],
    ['-2n^63-1', -(2n ** 63n) - 1n, 'SPOA_VALUE_OUT_OF_RANGE'],
    ['undefined', undefined, 'SPOA_VALUE_INVALID'],
    ['a symbol', Symbol(secret), 'SPOA_VALUE_INVALID'],
    ['a function', () => secret, 'SPOA_VALUE_INVALID'],
    ['an object', { password: secret }, 'SPOA_VALUE_INVALID'],
    ['an object without prototype', Object.assign(Object.create(null), { password: secret }), 'SPOA_VALUE_INVALID'],
    ['an object that names its class', JSON.parse(`{"constructor":{"name":"${secret}"}}`), 'SPOA_VALUE_INVALID'],
    [
      'an object that does not want to be looked at',
      Object.defineProperty({}, 'constructor', {
        get: () => {
          throw new Error(secret);
        },
      }),
      'SPOA_VALUE_INVALID',
    ],
    ['an array', [secret], 'SPOA_VALUE_INVALID'],
    ['a Date', new Date(), 'SPOA_VALUE_INVALID'],
    ['a String object', Object(secret), 'SPOA_VALUE_INVALID'],
    ['a Float64Array', new Float64Array(2), 'SPOA_VALUE_INVALID'],
    ['a Map', new Map([[secret, secret]]), 'SPOA_VALUE_INVALID'],
    ['a Typed of a reserved type', new Typed(12 as DataType, secret), 'SPOA_VALUE_INVALID'],
    ['a Typed of an integer that holds text', new Typed(DataType.INT32, secret), 'SPOA_VALUE_INVALID'],
    ['a Typed that holds something else', new Typed(DataType.STRING, 5), 'SPOA_VALUE_INVALID'],
  ])('%s is refused, and no string is told', (_, value, code) => {
    const error = expectSpoaError(code, () => encodeTypedData(wrong(value)));
    expect(error.message).not.toContain(secret);
    expect(JSON.stringify(Object.values(error.facts).map(String))).not.toContain(secret);
  });

  test('the class of an object is told', () => {
    expect(() => encodeTypedData(wrong(new Date()))).toThrow('an object of class Date');
    expect(() => encodeTypedData(wrong({}))).toThrow('an object of class Object');
  });

  const ranges: [name: string, tag: (value: number | bigint) => Typed, lowest: bigint, highest: bigint][] = [
    ['int32', int32, -(2n ** 31n), 2n ** 31n - 1n],
    ['uint32', uint32, 0n, 2n ** 32n - 1n],
    ['int64', int64, -(2n ** 63n), 2n ** 63n - 1n],
    ['uint64', uint64, 0n, 2n ** 64n - 1n],
  ];

  test.each(ranges)('%s takes its range and not one more', (_, tag, lowest, highest) => {
    for (const value of [lowest, highest]) {
      const unsigned = decodeTypedData(encodeTypedData(tag(value))).value as number | bigint;
      expect(BigInt(unsigned)).toBe(value);
      if (BigInt(Number(value)) === value && Number.isSafeInteger(Number(value))) {
        expect(encodeTypedData(tag(Number(value)))).toEqual(encodeTypedData(tag(value)));
      }
    }
    expectSpoaError('SPOA_VALUE_OUT_OF_RANGE', () => tag(lowest - 1n));
    expectSpoaError('SPOA_VALUE_OUT_OF_RANGE', () => tag(highest + 1n));
  });

  test.each(ranges)('%s refuses what is no integer', (_, tag) => {
    for (const value of [0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expectSpoaError('SPOA_VALUE_INVALID', () => tag(value));
    }
    expectSpoaError('SPOA_VALUE_OUT_OF_RANGE', () => tag(2 ** 53));
    // Callers without types: what compares like an integer must not be written like one.
    for (const value of ['5', secret, null, undefined, true, [5], { valueOf: () => 5 }, Symbol(secret)]) {
      const error = expectSpoaError('SPOA_VALUE_INVALID', () => tag(value as unknown as number));
      expect(error.message).not.toContain(secret);
    }
  });

  test.each([
    ['str', str],
    ['bin', bin],
  ])('%s refuses what is neither text nor bytes', (_, tag) => {
    // An integer under the type STRING would be taken for a length, and the rest of the ACK would be lost.
    for (const value of [5, 5n, null, undefined, true, [secret], {}, IpAddress.v4(1)]) {
      const error = expectSpoaError('SPOA_VALUE_INVALID', () => tag(value as unknown as string));
      expect(error.message).not.toContain(secret);
    }
  });

  test.each([
    ['ipv4', ipv4, '::1'],
    ['ipv6', ipv6, '127.0.0.1'],
  ])('%s refuses text that is no such address, without telling it', (_, tag, other) => {
    for (const value of [secret, '', other, IpAddress.parse(other), 5, null, undefined, {}]) {
      const error = expectSpoaError('SPOA_VALUE_INVALID', () => tag(value as string));
      expect(error.message).not.toContain(secret);
    }
  });
});

describe('text', () => {
  test.each<[what: string, text: string, read: string]>([
    ['a lone high surrogate', 'a\ud800b', 'a\ufffdb'],
    ['a lone low surrogate', '\udc00', '\ufffd'],
    ['swapped surrogates', '\udc00\ud800', '\ufffd\ufffd'],
    ['a pair', '\u{1f600}', '\u{1f600}'],
    ['NUL', 'a\0b', 'a\0b'],
    ['a byte order mark', '\ufeffa', '\ufeffa'],
  ])('%s keeps its length right, so that what follows is read', (_, text, read) => {
    for (const padding of ['', 'x'.repeat(47), 'x'.repeat(300)]) {
      const writer = new Writer(0);
      writeTypedData(writer, text + padding);
      writeTypedData(writer, 7);
      const reader = new Reader(writer.take());
      expect(readTypedData(reader)).toBe(read + padding);
      expect(readTypedData(reader)).toBe(7);
    }
  });

  test.each([0, 1, 46, 47, 48, 49, 239, 240, 241, 2287, 2288, 70_000])(
    '%s characters of ASCII and of more',
    (length) => {
      for (const character of ['a', 'ü', '€']) {
        const text = character.repeat(length);
        const { value, length: taken } = decodeTypedData(encodeTypedData(text));
        expect(value).toBe(text);
        expect(taken).toBe(encodeTypedData(text).length);
      }
    },
  );
});

test('binary data and text are copies: the bytes they came from may be used again', () => {
  const bytes = Buffer.concat([encodeTypedData(Buffer.from('binary')), encodeTypedData('string')]);
  const reader = new Reader(bytes);
  const values = [readTypedData(reader), readTypedData(reader)];
  bytes.fill(0);
  expect(values).toEqual([Buffer.from('binary'), 'string']);
});

describe('properties', () => {
  test('what is written is read, skipped over the same bytes, and never past the end', () => {
    fc.assert(
      fc.property(writtenValues(), fc.uint8Array({ maxLength: 5 }), ({ written, read }, rest) => {
        const bytes = encodeTypedData(written);
        const reader = new Reader(Buffer.concat([bytes, rest]));
        expect(readTypedData(reader)).toEqual(read);
        expect(reader.offset).toBe(bytes.length);
        reader.offset = 0;
        skipTypedData(reader);
        expect(reader.offset).toBe(bytes.length);
        for (let end = 0; end < bytes.length; end++) {
          expectSpoaError('SPOA_TRUNCATED', () => readTypedData(new Reader(bytes, 0, end)));
          expectSpoaError('SPOA_TRUNCATED', () => skipTypedData(new Reader(bytes, 0, end)));
        }
      }),
      { numRuns: 1000 },
    );
  });

  test('reading and skipping agree on any bytes', () => {
    const outcome = (action: (reader: Reader) => unknown, bytes: Uint8Array): unknown => {
      const reader = new Reader(bytes);
      try {
        action(reader);
        return reader.offset;
      } catch (error) {
        return (error as { code: string }).code;
      }
    };
    const lengths = fc.uint8Array({ maxLength: 30 });
    const tagged = fc.tuple(fc.nat({ max: 9 }), lengths).map(([tag, bytes]) => Uint8Array.of(tag, ...bytes));
    fc.assert(
      fc.property(fc.oneof(lengths, tagged), (bytes) => {
        expect(outcome(skipTypedData, bytes)).toBe(outcome(readTypedData, bytes));
      }),
      { numRuns: 2000 },
    );
  });
});
