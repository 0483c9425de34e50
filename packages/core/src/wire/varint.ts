import { SpoaError } from '../errors.ts';
import { Reader } from './reader.ts';
import { Writer } from './writer.ts';

/*
 * Variable-length integer (SPOP specification, section 3.1; HAProxy's "peers" encoding):
 *
 *   0 <= X < 240        1 byte    [X]
 *   240 <= X            n bytes   [X & 0xff | 0xf0], then X = (X - 240) >> 4 in steps of 7 bits:
 *                                 [X & 0xff | 0x80] while X >= 128 with X = (X - 128) >> 7, then [X]
 *
 * Every value has one encoding; 2^64-1 takes 10 bytes. Negative integers travel as 64-bit two's complement.
 */

/** The largest number of bytes of a varint. */
export const MAX_VARINT_BYTES = 10;

const MAX_UINT64 = 0xffff_ffff_ffff_ffffn;
/** Seven bytes hold less than 2^47: sums of doubles are exact up to here. */
const EXACT_BYTES = 7;

/**
 * Reads a varint: a `number` up to 2^53-1, a `bigint` beyond.
 *
 * @throws SPOA_TRUNCATED, SPOA_VARINT_INVALID
 */
export function readVarint(reader: Reader): number | bigint {
  const { bytes, offset, end } = reader;
  if (offset >= end) reader.skip(1);
  let value = bytes[offset] as number;
  if (value < 240) {
    reader.offset = offset + 1;
    return value;
  }
  let unit = 16;
  const exactEnd = Math.min(end, offset + EXACT_BYTES);
  for (let i = offset + 1; i < exactEnd; i++) {
    const byte = bytes[i] as number;
    value += byte * unit;
    if (byte < 128) {
      reader.offset = i + 1;
      return value;
    }
    unit *= 128;
  }
  return readLongVarint(reader);
}

function readLongVarint(reader: Reader): number | bigint {
  let value = BigInt(reader.u8());
  for (let i = 1, shift = 4n; i < MAX_VARINT_BYTES; i++, shift += 7n) {
    const byte = reader.u8();
    value += BigInt(byte) << shift;
    if (byte >= 128) continue;
    if (value > MAX_UINT64) break;
    return value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
  }
  throw new SpoaError('SPOA_VARINT_INVALID', 'a varint is longer than 10 bytes or above 2^64-1', {
    facts: { offset: reader.offset },
  });
}

/** Reads a varint that counts bytes of the same run: more than what is left is `SPOA_TRUNCATED`. */
export function readLength(reader: Reader): number {
  const length = readVarint(reader);
  if (length > reader.end - reader.offset) {
    throw new SpoaError('SPOA_TRUNCATED', `${length} more bytes were announced, ${reader.remaining} are left`, {
      facts: { offset: reader.offset, needed: length, remaining: reader.remaining },
    });
  }
  return length as number;
}

/**
 * Writes a varint.
 *
 * @param value an integer from 0 to 2^53-1, or a `bigint` from 0 to 2^64-1
 * @throws SPOA_VALUE_OUT_OF_RANGE
 */
export function writeVarint(writer: Writer, value: number | bigint): void {
  writer.reserve(MAX_VARINT_BYTES);
  const { bytes } = writer;
  if (typeof value === 'bigint') {
    if (value < 0n || value > MAX_UINT64) throw outOfRange(value);
    if (value > Number.MAX_SAFE_INTEGER) return writeLongVarint(writer, value);
    value = Number(value);
  }
  if (value < 240 && value >= 0 && Number.isInteger(value)) {
    bytes[writer.offset++] = value;
    return;
  }
  if (!Number.isSafeInteger(value) || value < 0) throw outOfRange(value);
  let offset = writer.offset;
  bytes[offset++] = (value % 256) | 0xf0;
  let rest = Math.floor((value - 240) / 16);
  while (rest >= 128) {
    bytes[offset++] = (rest % 256) | 0x80;
    rest = Math.floor((rest - 128) / 128);
  }
  bytes[offset++] = rest;
  writer.offset = offset;
}

function writeLongVarint(writer: Writer, value: bigint): void {
  const { bytes } = writer;
  let offset = writer.offset;
  bytes[offset++] = Number(value & 0xffn) | 0xf0;
  let rest = (value - 240n) >> 4n;
  while (rest >= 128n) {
    bytes[offset++] = Number(rest & 0xffn) | 0x80;
    rest = (rest - 128n) >> 7n;
  }
  bytes[offset++] = Number(rest);
  writer.offset = offset;
}

function outOfRange(value: number | bigint): SpoaError {
  return new SpoaError('SPOA_VALUE_OUT_OF_RANGE', `a varint holds integers from 0 to 2^64-1, not ${value}`);
}

/** The bytes of one varint. */
export function encodeVarint(value: number | bigint): Buffer {
  const writer = new Writer(MAX_VARINT_BYTES);
  writeVarint(writer, value);
  return writer.take();
}

/** One varint at `offset` of `bytes`, and how many bytes it took. */
export function decodeVarint(bytes: Uint8Array, offset = 0): { value: number | bigint; length: number } {
  const reader = new Reader(bytes, offset);
  const value = readVarint(reader);
  return { value, length: reader.offset - offset };
}
