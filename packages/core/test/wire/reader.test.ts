import { describe, expect, test } from 'vitest';
import { decodeTypedData, decodeVarint, Reader } from '../../src/index.ts';
import { expectSpoaError } from './expect-spoa-error.ts';

const bytes = Buffer.from('0102030405060708', 'hex');

test('u8, u32, skip and view go from front to back', () => {
  const reader = new Reader(bytes);
  expect(reader.u8()).toBe(1);
  expect(reader.u32()).toBe(0x02030405);
  expect(reader.skip(1)).toBe(5);
  expect(reader.view(1)).toEqual(Buffer.of(7));
  expect(reader.remaining).toBe(1);
});

test.each(['00000000', '7fffffff', '80000000', 'ffffffff', 'ff000000', '00ff0000', '000000ff'])(
  'u32 of %s has no sign',
  (hex) => {
    expect(new Reader(Buffer.from(hex, 'hex')).u32()).toBe(Number.parseInt(hex, 16));
  },
);

test('a plain Uint8Array, and a part of one, are read too', () => {
  const part = new Uint8Array([0, 0, 1, 2, 3, 4, 0]).subarray(2, 6);
  expect(new Reader(part).u32()).toBe(0x01020304);
});

describe('the end of the run', () => {
  const reads: [what: string, length: number, read: (reader: Reader) => unknown][] = [
    ['u8', 1, (reader) => reader.u8()],
    ['u32', 4, (reader) => reader.u32()],
    ['skip', 3, (reader) => reader.skip(3)],
    ['view', 3, (reader) => reader.view(3)],
  ];

  test.each(reads)('%s reads up to it', (_, length, read) => {
    const reader = new Reader(bytes, 1, 1 + length);
    read(reader);
    expect(reader.remaining).toBe(0);
  });

  test.each(reads)('%s does not read over it, though there are more bytes, and moves nowhere', (_, length, read) => {
    const reader = new Reader(bytes, 1, length);
    const error = expectSpoaError('SPOA_TRUNCATED', () => read(reader));
    expect(error.facts).toEqual({ offset: 1, needed: length, remaining: length - 1 });
    expect(reader.offset).toBe(1);
  });
});

describe('a run that does not lie in the bytes', () => {
  test.each([
    [-1, 4],
    [0, 9],
    [9, 9],
    [5, 4],
    [0.5, 4],
    [0, Number.NaN],
    [Number.NaN, 4],
  ])('from %s to %s is refused, and nothing is read as undefined', (offset, end) => {
    expectSpoaError('SPOA_TRUNCATED', () => new Reader(bytes, offset, end));
  });

  test.each([-1, 9, 0.5, Number.NaN])('an offset of %s is refused by the decoders of one value', (offset) => {
    expectSpoaError('SPOA_TRUNCATED', () => decodeVarint(bytes, offset));
    expectSpoaError('SPOA_TRUNCATED', () => decodeTypedData(bytes, offset));
  });

  test('an empty run at the very end is one', () => {
    expect(new Reader(bytes, 8).remaining).toBe(0);
    expectSpoaError('SPOA_TRUNCATED', () => decodeVarint(bytes, 8));
  });
});
