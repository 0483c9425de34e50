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
 * Every value has one encoding; 2^64-1 takes 10 bytes. Negative integers travel as 64-bit two's complement, so always in 10.
 *
 * A bigint costs ten times what a number costs, and memory. Beyond 2^53 the value is therefore handled as two numbers,
 * `high * 2^46 + low`: 2^46 is what the eighth byte counts.
 */

/** The largest number of bytes of a varint. */
export const MAX_VARINT_BYTES = 10;

const MIN_INT64 = -0x8000_0000_0000_0000n;
const MAX_UINT64 = 0xffff_ffff_ffff_ffffn;
/** Seven bytes hold less than 2^48: sums of doubles are exact up to here. */
const LOW_BYTES = 7;
const LOW_BITS = 46n;
const HIGH_UNIT = 2 ** 46;
/** `high` of 2^64, and of 2^53. */
const HIGH_END = 2 ** 18;
const UNSAFE_HIGH = 2 ** 7;

/**
 * Reads a varint: a `number` up to 2^53-1, a `bigint` beyond.
 *
 * @throws SPOA_TRUNCATED, SPOA_VARINT_INVALID
 */
export function readVarint(reader: Reader): number | bigint {
  const value = readShort(reader);
  return value >= 0 ? value : readLong(reader, false);
}

/** Reads a varint as a signed 64-bit integer: a `number` from -2^53+1 to 2^53-1, a `bigint` beyond. @throws as `readVarint` */
export function readSignedVarint(reader: Reader): number | bigint {
  const value = readShort(reader);
  return value >= 0 ? value : readLong(reader, true);
}

/** Reads a varint of up to seven bytes; -1, with nothing read, where it has more or does not end. */
function readShort(reader: Reader): number {
  const { bytes, offset, end } = reader;
  if (offset >= end) return -1;
  let value = bytes[offset] as number;
  if (value < 240) {
    reader.offset = offset + 1;
    return value;
  }
  const lowEnd = Math.min(end, offset + LOW_BYTES);
  for (let i = offset + 1, unit = 16; i < lowEnd; i++, unit *= 128) {
    const byte = bytes[i] as number;
    value += byte * unit;
    if (byte < 128) {
      reader.offset = i + 1;
      return value;
    }
  }
  return -1;
}

function readLong(reader: Reader, signed: boolean): number | bigint {
  let low = reader.u8();
  for (let i = 1, unit = 16; i < LOW_BYTES; i++, unit *= 128) low += reader.u8() * unit;
  for (let i = LOW_BYTES, high = 0, unit = 1; i < MAX_VARINT_BYTES; i++, unit *= 128) {
    const byte = reader.u8();
    high += byte * unit;
    if (byte >= 128) continue;
    high += Math.floor(low / HIGH_UNIT);
    if (high >= HIGH_END) break;
    return joined(high, low % HIGH_UNIT, signed);
  }
  throw new SpoaError('SPOA_VARINT_INVALID', 'a varint is longer than 10 bytes or above 2^64-1', {
    facts: { offset: reader.offset },
  });
}

function joined(high: number, low: number, signed: boolean): number | bigint {
  if (high < UNSAFE_HIGH) return high * HIGH_UNIT + low;
  if (!signed) return (BigInt(high) << LOW_BITS) + BigInt(low);
  const negative = (high - HIGH_END) * HIGH_UNIT + low;
  if (negative >= Number.MIN_SAFE_INTEGER) return negative;
  return BigInt.asIntN(64, (BigInt(high) << LOW_BITS) + BigInt(low));
}

/** Where the varint at `offset` ends; -1 where it does not end, or has the ten bytes that can hold too much. */
export function varintEnd(bytes: Buffer, offset: number, end: number): number {
  if (offset >= end) return -1;
  if ((bytes[offset] as number) < 240) return offset + 1;
  const most = offset + MAX_VARINT_BYTES - 1;
  // biome-ignore lint/complexity/useMathMinMax: that makes doubles of them, here for every argument of every NOTIFY
  const soundEnd = most < end ? most : end;
  for (let i = offset + 1; i < soundEnd; i++) if ((bytes[i] as number) < 128) return i + 1;
  return -1;
}

/** Bytes of a varint whose value is sure to be below 2^25. */
export const MAX_INT32_VARINT_BYTES = 4;

/** Reads a varint of at most four bytes, of which it is known where it ends. */
export function int32Varint(bytes: Buffer, offset: number): number {
  let value = bytes[offset] as number;
  if (value < 240) return value;
  for (let shift = 4; ; shift += 7) {
    const byte = bytes[++offset] as number;
    value += byte << shift;
    if (byte < 128) return value;
  }
}

/** Reads a varint that counts bytes of the same run: more than what is left is `SPOA_TRUNCATED`. */
export function readLength(reader: Reader): number {
  const length = readVarint(reader);
  if (length > reader.end - reader.offset) {
    throw new SpoaError('SPOA_TRUNCATED', `${length} more bytes were announced, ${reader.remaining} are left`, {
      facts: { offset: reader.offset, needed: Number(length), remaining: reader.remaining },
    });
  }
  return length as number;
}

/**
 * Writes a varint.
 *
 * @param value an integer from 0 to 2^53-1, or a `bigint` from 0 to 2^64-1
 * @throws SPOA_VALUE_OUT_OF_RANGE; nothing is written then
 */
export function writeVarint(writer: Writer, value: number | bigint): void {
  if (typeof value === 'bigint') {
    if (value < 0n || value > MAX_UINT64) throw outOfRange(value);
    if (value > Number.MAX_SAFE_INTEGER) return writeLongVarint(writer, value);
    value = Number(value);
  }
  if (value < 240 && value >= 0 && Number.isInteger(value)) return writer.u8(value);
  if (!Number.isSafeInteger(value) || value < 0) throw outOfRange(value);
  if (!writer.fits(MAX_VARINT_BYTES)) writer.reserve(varintLength(BigInt(value)));
  const { bytes } = writer;
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

/** Writes an integer from -2^53+1 to 2^53-1, or a `bigint` from -2^63 to 2^64-1, as 64-bit two's complement. @throws as `writeVarint` */
export function writeSignedVarint(writer: Writer, value: number | bigint): void {
  if (value >= 0) return writeVarint(writer, value);
  if (typeof value === 'bigint') {
    if (value < MIN_INT64) throw outOfRange(value);
    return writeVarint(writer, BigInt.asUintN(64, value));
  }
  if (!Number.isSafeInteger(value)) throw outOfRange(value);
  writer.reserve(MAX_VARINT_BYTES);
  const high = Math.floor(value / HIGH_UNIT);
  writeParts(writer, high + HIGH_END, value - high * HIGH_UNIT);
}

function writeLongVarint(writer: Writer, value: bigint): void {
  if (!writer.fits(MAX_VARINT_BYTES)) writer.reserve(varintLength(value));
  writeParts(writer, Number(value >> LOW_BITS), Number(BigInt.asUintN(46, value)));
}

/** Writes `high * 2^46 + low`, 2^53 at least, into bytes that are reserved. */
function writeParts(writer: Writer, high: number, low: number): void {
  const { bytes } = writer;
  let offset = writer.offset;
  let borrow = low < 240 ? 1 : 0;
  bytes[offset++] = (low % 16) | 0xf0;
  let rest = Math.floor((low - 240 + borrow * HIGH_UNIT) / 16);
  high -= borrow;
  for (let unit = HIGH_UNIT / 16; unit > 1; unit /= 128) {
    bytes[offset++] = (rest % 128) | 0x80;
    borrow = rest < 128 ? 1 : 0;
    rest = Math.floor((rest - 128 + borrow * unit) / 128);
    high -= borrow;
  }
  while (high >= 128) {
    bytes[offset++] = (high & 0xff) | 0x80;
    high = (high - 128) >> 7;
  }
  bytes[offset++] = high;
  writer.offset = offset;
}

/** Asked only where the writer's room is short. */
function varintLength(value: bigint): number {
  let length = 2;
  for (let rest = (value - 240n) >> 4n; rest >= 128n; rest = (rest - 128n) >> 7n) length++;
  return length;
}

function outOfRange(value: number | bigint): SpoaError {
  const shown =
    typeof value === 'number' || typeof value === 'bigint' ? String(value) : `a value of type ${typeof value}`;
  return new SpoaError('SPOA_VALUE_OUT_OF_RANGE', `a varint holds integers from 0 to 2^64-1, not ${shown}`);
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
