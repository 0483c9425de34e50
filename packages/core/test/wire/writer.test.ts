import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  encodeTypedData,
  encodeVarint,
  IpAddress,
  int64,
  type WritableValue,
  Writer,
  writeTypedData,
  writeVarint,
} from '../../src/index.ts';
import { writableValues } from './arbitraries.ts';
import { expectSpoaError } from './expect-spoa-error.ts';

describe('what is written', () => {
  test('u8, u32 and raw bytes stand one behind the other', () => {
    const writer = new Writer(1);
    writer.u8(0xfe);
    writer.u32(0xffff_ffff);
    writer.u32(0x0102_0304);
    writer.raw(Buffer.from('abc'));
    expect(writer.take().toString('hex')).toBe('feffffffff01020304616263');
    expect(writer.take(9).toString()).toBe('abc');
  });

  test('a length that was left open is written over', () => {
    const writer = new Writer(4);
    writer.u32(0);
    writer.raw(new Uint8Array(100));
    writer.patchU32(0, 0x8000_0064);
    expect(writer.take().readUInt32BE(0)).toBe(0x8000_0064);
    expect(writer.offset).toBe(104);
  });

  test.each([0, 1, 47, 48, 49, 1000])('%s bytes are copied, out of memory that may change', (length) => {
    const source = Buffer.alloc(length, 7);
    const writer = new Writer(0);
    writer.raw(source);
    const taken = writer.take();
    source.fill(9);
    writer.offset = 0;
    writer.raw(source);
    expect(taken).toEqual(Buffer.alloc(length, 7));
  });

  test('memory grows to what is needed and no further than double', () => {
    const writer = new Writer(16);
    for (let i = 0; i < 1000; i++) writer.u8(i);
    expect(writer.bytes.length).toBe(1024);
    writer.raw(new Uint8Array(100_000));
    expect(writer.bytes.length).toBe(101_000);
  });
});

describe('the limit', () => {
  const writes: [what: string, length: number, write: (writer: Writer) => void][] = [
    ['u8', 1, (writer) => writer.u8(1)],
    ['u32', 4, (writer) => writer.u32(1)],
    ['raw', 3, (writer) => writer.raw(Buffer.from('abc'))],
    ['long raw', 100, (writer) => writer.raw(Buffer.alloc(100))],
    ['a varint of 1 byte', 1, (writer) => writeVarint(writer, 239)],
    ['a varint of 2 bytes', 2, (writer) => writeVarint(writer, 240)],
    ['a varint of 5 bytes', 5, (writer) => writeVarint(writer, 2 ** 32 - 1)],
    ['a varint of 8 bytes', 8, (writer) => writeVarint(writer, 2 ** 53 - 1)],
    ['a varint of 9 bytes', 9, (writer) => writeVarint(writer, 2n ** 60n)],
    ['a varint of 10 bytes', 10, (writer) => writeVarint(writer, 2n ** 64n - 1n)],
    ['a small integer', 2, (writer) => writeTypedData(writer, 5)],
    ['a negative integer', 11, (writer) => writeTypedData(writer, -1)],
    ['a bigint', 11, (writer) => writeTypedData(writer, -1n)],
    ['a chosen type', 2, (writer) => writeTypedData(writer, int64(5))],
    ['an IPv4 address', 5, (writer) => writeTypedData(writer, IpAddress.v4(1))],
    ['an IPv6 address', 17, (writer) => writeTypedData(writer, IpAddress.v6(1, 2, 3, 4))],
    ['a short string', 7, (writer) => writeTypedData(writer, 'short')],
    ['a short string that is not ASCII', 8, (writer) => writeTypedData(writer, 'zürsx')],
    ['a long string', 303, (writer) => writeTypedData(writer, 'x'.repeat(300))],
    ['a long string that is not ASCII', 603, (writer) => writeTypedData(writer, 'ü'.repeat(300))],
    ['binary data', 303, (writer) => writeTypedData(writer, Buffer.alloc(300))],
  ];

  // Whether memory had to grow must make no difference to what fits.
  describe.each([0, 16, 4096])('with %s bytes of memory at first', (initialSize) => {
    test.each(writes)('%s of %i bytes fits up to the limit', (_, length, write) => {
      const writer = new Writer(initialSize);
      writer.limit = 10 + length;
      writer.raw(Buffer.alloc(10));
      write(writer);
      expect(writer.offset).toBe(10 + length);
    });

    test.each(writes)('%s of %i bytes does not fit when one is missing', (_, length, write) => {
      const writer = new Writer(initialSize);
      writer.limit = 10 + length - 1;
      writer.raw(Buffer.alloc(10));
      expectSpoaError('SPOA_ACK_TOO_BIG', () => write(writer));
      expect(writer.offset).toBeLessThanOrEqual(writer.limit);
    });
  });

  test('what does not fit takes no memory', () => {
    const writer = new Writer(64);
    writer.limit = 1000;
    expectSpoaError('SPOA_ACK_TOO_BIG', () => writeTypedData(writer, 'x'.repeat(1_000_000)));
    expectSpoaError('SPOA_ACK_TOO_BIG', () => writeTypedData(writer, 'ü'.repeat(1_000_000)));
    expectSpoaError('SPOA_ACK_TOO_BIG', () => writeTypedData(writer, Buffer.alloc(1_000_000)));
    expectSpoaError('SPOA_ACK_TOO_BIG', () => writer.raw(Buffer.alloc(1_000_000)));
    expect(writer.bytes.length).toBe(64);
  });

  test('a limit that is lifted, lowered or set below what is written holds from then on', () => {
    const writer = new Writer(64);
    writer.raw(Buffer.alloc(8));
    writer.limit = 4;
    expectSpoaError('SPOA_ACK_TOO_BIG', () => writer.u8(1));
    expectSpoaError('SPOA_ACK_TOO_BIG', () => writer.checkLimit(0));
    writer.limit = Number.POSITIVE_INFINITY;
    writer.u8(1);
    expect(writer.offset).toBe(9);
    writer.renew();
    writer.limit = 2;
    writer.raw(Buffer.alloc(2));
    expectSpoaError('SPOA_ACK_TOO_BIG', () => writer.u8(1));
  });

  test('any values written one behind the other stop exactly at the limit', () => {
    fc.assert(
      fc.property(
        fc.array(writableValues(), { maxLength: 12 }),
        fc.nat({ max: 200 }),
        fc.nat({ max: 64 }),
        (values, limit, size) => {
          const writer = new Writer(size);
          writer.limit = limit;
          let expected = 0;
          for (const value of values) {
            const { length } = encodeTypedData(value as WritableValue);
            if (expected + length > limit) {
              expectSpoaError('SPOA_ACK_TOO_BIG', () => writeTypedData(writer, value));
              break;
            }
            writeTypedData(writer, value);
            expected += length;
          }
          expect(writer.take(0).subarray(0, expected)).toEqual(
            Buffer.concat(values.map((value) => encodeTypedData(value))).subarray(0, expected),
          );
        },
      ),
    );
  });
});

test('the room that is asked for is what a varint takes', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.nat({ max: 63 }), (value, shift) => {
      const small = value >> BigInt(shift);
      const bytes = encodeVarint(small);
      const writer = new Writer(bytes.length);
      writeVarint(writer, small);
      expect(writer.bytes.length).toBe(bytes.length);
      expect(writer.take()).toEqual(bytes);
    }),
  );
});
