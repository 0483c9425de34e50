import { SpoaError } from '../errors.ts';
import { decodeUtf8 } from './decode-text.ts';
import { IpAddress } from './ip-address.ts';
import { Reader } from './reader.ts';
import {
  int32Varint,
  MAX_INT32_VARINT_BYTES,
  readLength,
  readSignedVarint,
  readVarint,
  varintEnd,
  writeSignedVarint,
  writeVarint,
} from './varint.ts';
import { Writer } from './writer.ts';

/*
 * Typed data (SPOP specification, section 3.1):
 *
 *   TYPED-DATA  : <TYPE & FLAGS : 1 byte> <VALUE>      type in the low nibble, flags in the high one
 *   NULL 0      : nothing             BOOLEAN 1   : nothing; flag 0x10 is the value
 *   INT32 2     : varint              UINT32 3    : varint
 *   INT64 4     : varint              UINT64 5    : varint
 *   IPV4 6      : 4 bytes             IPV6 7      : 16 bytes
 *   STRING 8    : varint, bytes       BINARY 9    : varint, bytes
 *
 * Signed integers are 64-bit two's complement whatever their width, as HAProxy reads and writes them.
 */
export const DataType = {
  NULL: 0,
  BOOLEAN: 1,
  INT32: 2,
  UINT32: 3,
  INT64: 4,
  UINT64: 5,
  IPV4: 6,
  IPV6: 7,
  STRING: 8,
  BINARY: 9,
} as const;

export type DataType = (typeof DataType)[keyof typeof DataType];
export type DataTypeName = keyof typeof DataType;

/** The type names by number, for messages and logs. */
export const DATA_TYPE_NAMES = Object.freeze(Object.keys(DataType) as DataTypeName[]);

const TRUE = 0x11;
const FALSE = 0x01;
/** HAProxy takes a BOOLEAN for true only where the flag of its value is the one that is set. */
const FLAGS = 0xf0;
const TRUE_FLAG = 0x10;

/**
 * A value as it is read: an integer is a `number` while it is safe (up to 2^53-1 either side) and a `bigint` beyond, text is
 * decoded as UTF-8, binary data are a copy.
 */
export type Value = null | boolean | number | bigint | string | Buffer | IpAddress;

/**
 * A value that can be written. The natural type is chosen: an integer `number` takes INT32 or INT64, whichever is the
 * smallest that holds it; a `bigint` INT64 or UINT64; a string STRING; bytes BINARY. A `Typed` chooses by hand.
 */
export type WritableValue = null | boolean | number | bigint | string | Uint8Array | IpAddress | Typed;

/** A value with its type chosen by hand: made by `int32()`, `uint32()`, `int64()`, `uint64()`, `ipv4()`, `ipv6()`, `str()`, `bin()`. */
export class Typed {
  readonly type: DataType;
  readonly value: number | bigint | string | Uint8Array | IpAddress;

  /** @internal */
  constructor(type: DataType, value: Typed['value']) {
    this.type = type;
    this.value = value;
  }
}

const RANGES = {
  INT32: [-(2n ** 31n), 2n ** 31n - 1n],
  UINT32: [0n, 2n ** 32n - 1n],
  INT64: [-(2n ** 63n), 2n ** 63n - 1n],
  UINT64: [0n, 2n ** 64n - 1n],
} as const satisfies Partial<Record<DataTypeName, readonly [bigint, bigint]>>;

type IntegerTypeName = keyof typeof RANGES;

function integer(name: IntegerTypeName, value: number | bigint): Typed {
  // A string compares and is written like an integer until it reaches the wire: callers without types find out here.
  if (typeof value !== 'number' && typeof value !== 'bigint') throw unfit(value, name);
  if (typeof value === 'number' && !Number.isSafeInteger(value)) throw notAnInteger(value);
  const [lowest, highest] = RANGES[name];
  if (value < lowest || value > highest) {
    throw new SpoaError('SPOA_VALUE_OUT_OF_RANGE', `${value} is outside ${name} (${lowest} to ${highest})`);
  }
  return new Typed(DataType[name], value);
}

/** -2^31 to 2^31-1. @throws SPOA_VALUE_OUT_OF_RANGE, SPOA_VALUE_INVALID */
export const int32 = (value: number | bigint): Typed => integer('INT32', value);
/** 0 to 2^32-1. @throws SPOA_VALUE_OUT_OF_RANGE, SPOA_VALUE_INVALID */
export const uint32 = (value: number | bigint): Typed => integer('UINT32', value);
/** -2^63 to 2^63-1. @throws SPOA_VALUE_OUT_OF_RANGE, SPOA_VALUE_INVALID */
export const int64 = (value: number | bigint): Typed => integer('INT64', value);
/** 0 to 2^64-1 (HAProxy reads it as signed: 2^64-1 becomes -1). @throws SPOA_VALUE_OUT_OF_RANGE, SPOA_VALUE_INVALID */
export const uint64 = (value: number | bigint): Typed => integer('UINT64', value);

function address(family: 4 | 6, value: IpAddress | string): Typed {
  const ip = typeof value === 'string' ? IpAddress.parse(value) : value;
  const type = family === 4 ? 'IPV4' : 'IPV6';
  if (!(ip instanceof IpAddress) || ip.family !== family) throw unfit(value, type);
  return new Typed(DataType[type], ip);
}

function binaryOrText(type: 'STRING' | 'BINARY', value: string | Uint8Array): Typed {
  if (typeof value !== 'string' && !(value instanceof Uint8Array)) throw unfit(value, type);
  return new Typed(DataType[type], value);
}

/** An IPv4 address or its text. @throws SPOA_VALUE_INVALID */
export const ipv4 = (value: IpAddress | string): Typed => address(4, value);
/** An IPv6 address or its text. @throws SPOA_VALUE_INVALID */
export const ipv6 = (value: IpAddress | string): Typed => address(6, value);
/** Text, or bytes that HAProxy shall take as a string. @throws SPOA_VALUE_INVALID */
export const str = (value: string | Uint8Array): Typed => binaryOrText('STRING', value);
/** Bytes, or text that HAProxy shall take as binary. @throws SPOA_VALUE_INVALID */
export const bin = (value: string | Uint8Array): Typed => binaryOrText('BINARY', value);

/**
 * Reads one typed value.
 *
 * @throws SPOA_TRUNCATED, SPOA_VARINT_INVALID, SPOA_TYPE_INVALID (a reserved type, 10 to 15)
 */
export function readTypedData(reader: Reader): Value {
  const tag = reader.u8();
  switch (tag & 0x0f) {
    case DataType.NULL:
      return null;
    case DataType.BOOLEAN:
      return (tag & FLAGS) === TRUE_FLAG;
    case DataType.INT32:
    case DataType.INT64:
      return readSignedVarint(reader);
    case DataType.UINT32:
    case DataType.UINT64:
      return readVarint(reader);
    case DataType.IPV4:
      return IpAddress.v4(reader.u32());
    case DataType.IPV6:
      return IpAddress.v6(reader.u32(), reader.u32(), reader.u32(), reader.u32());
    case DataType.STRING: {
      const length = readLength(reader);
      const start = reader.skip(length);
      return decodeUtf8(reader.bytes, start, start + length);
    }
    case DataType.BINARY:
      return Buffer.from(reader.view(readLength(reader)));
    default:
      throw reservedType(tag);
  }
}

/** Moves over one typed value, checked as closely as if it were read. @throws as `readTypedData` */
export function skipTypedData(reader: Reader): void {
  const end = typedDataEnd(reader.bytes, reader.offset, reader.end);
  if (end >= 0) reader.offset = end;
  else readTypedData(reader);
}

/**
 * Where the typed value at `offset` ends; -1 where it is unsound or unusually long, which reading it tells apart. It keeps
 * everything in registers: it runs once for every argument of every NOTIFY.
 */
export function typedDataEnd(bytes: Buffer, offset: number, end: number): number {
  if (offset >= end) return -1;
  const value = offset + 1;
  switch ((bytes[offset] as number) & 0x0f) {
    case DataType.NULL:
    case DataType.BOOLEAN:
      return value;
    case DataType.INT32:
    case DataType.UINT32:
    case DataType.INT64:
    case DataType.UINT64:
      return varintEnd(bytes, value, end);
    case DataType.IPV4:
      return value + 4 <= end ? value + 4 : -1;
    case DataType.IPV6:
      return value + 16 <= end ? value + 16 : -1;
    case DataType.STRING:
    case DataType.BINARY: {
      const most = value + MAX_INT32_VARINT_BYTES;
      // biome-ignore lint/complexity/useMathMinMax: that makes doubles of them, here for every argument of every NOTIFY
      const start = varintEnd(bytes, value, most < end ? most : end);
      if (start < 0) return -1;
      const length = int32Varint(bytes, value);
      return length <= end - start ? start + length : -1;
    }
    default:
      return -1;
  }
}

function reservedType(tag: number): SpoaError {
  return new SpoaError('SPOA_TYPE_INVALID', `data type ${tag & 0x0f} is reserved`, { facts: { type: tag & 0x0f } });
}

/**
 * Writes one typed value.
 *
 * @throws SPOA_VALUE_INVALID for what no type can hold (a float, NaN, an object), SPOA_VALUE_OUT_OF_RANGE for an integer
 *   outside 64 bits
 */
export function writeTypedData(writer: Writer, value: WritableValue): void {
  switch (typeof value) {
    case 'number':
      return writeNumber(writer, value);
    case 'string':
      writer.u8(DataType.STRING);
      return writeText(writer, value);
    case 'boolean':
      return writer.u8(value ? TRUE : FALSE);
    case 'bigint':
      return writeTyped(writer, value < 2n ** 63n ? int64(value) : uint64(value));
    case 'object':
      if (value === null) return writer.u8(DataType.NULL);
      if (value instanceof IpAddress) return writeAddress(writer, value);
      if (value instanceof Typed) return writeTyped(writer, value);
      if (value instanceof Uint8Array) {
        writer.u8(DataType.BINARY);
        return writeBytes(writer, value);
      }
  }
  throw new SpoaError('SPOA_VALUE_INVALID', `no SPOP type holds ${describe(value)}`);
}

function writeNumber(writer: Writer, value: number): void {
  if (value >= 0 && value < 240 && Number.isInteger(value)) {
    writer.reserve(2);
    const { bytes, offset } = writer;
    bytes[offset] = DataType.INT32;
    bytes[offset + 1] = value;
    writer.offset = offset + 2;
    return;
  }
  if (!Number.isSafeInteger(value)) throw notAnInteger(value);
  writer.u8(value === (value | 0) ? DataType.INT32 : DataType.INT64);
  if (value < 0) writeSignedVarint(writer, value);
  else writeVarint(writer, value);
}

function writeTyped(writer: Writer, { type, value }: Typed): void {
  if (value instanceof IpAddress) return writeAddress(writer, value);
  if (typeof value === 'number' || typeof value === 'bigint') {
    if (type < DataType.INT32 || type > DataType.UINT64) throw unfit(value, DATA_TYPE_NAMES[type]);
    writer.u8(type);
    return writeSignedVarint(writer, value);
  }
  if (type !== DataType.STRING && type !== DataType.BINARY) throw unfit(value, DATA_TYPE_NAMES[type]);
  writer.u8(type);
  if (typeof value === 'string') writeText(writer, value);
  else writeBytes(writer, value);
}

function writeAddress(writer: Writer, value: IpAddress): void {
  if (value.family === 4) {
    writer.u8(DataType.IPV4);
    writer.u32(value.w0);
    return;
  }
  writer.u8(DataType.IPV6);
  writer.u32(value.w0);
  writer.u32(value.w1);
  writer.u32(value.w2);
  writer.u32(value.w3);
}

/** STRING without its type byte, as names are written: varint length, UTF-8 bytes. */
export function writeText(writer: Writer, text: string): void {
  if (writer.shortAscii(text)) return;
  const byteLength = Buffer.byteLength(text);
  writeVarint(writer, byteLength);
  writer.utf8(text, byteLength);
}

/** Varint length, bytes. */
export function writeBytes(writer: Writer, bytes: Uint8Array): void {
  writeVarint(writer, bytes.length);
  writer.raw(bytes);
}

/** STRING without its type byte, as names are read. */
export function readText(reader: Reader): string {
  const length = readLength(reader);
  const start = reader.skip(length);
  return decodeUtf8(reader.bytes, start, start + length);
}

function notAnInteger(value: number): SpoaError {
  return Number.isInteger(value)
    ? new SpoaError('SPOA_VALUE_OUT_OF_RANGE', `${value} is not a safe integer: use a bigint beyond 2^53-1`)
    : new SpoaError(
        'SPOA_VALUE_INVALID',
        `${value} is not an integer, and SPOP has nothing else for numbers: round it, multiply it, or send it as text`,
      );
}

function unfit(value: unknown, type = 'a reserved type'): SpoaError {
  return new SpoaError('SPOA_VALUE_INVALID', `${describe(value)} does not make ${type}`);
}

/** The kind of a value, never the value: it may be somebody's secret, and so may all that an object says of itself. */
function describe(value: unknown): string {
  if (typeof value !== 'object' || value === null) return `a value of type ${value === null ? 'null' : typeof value}`;
  const prototype: unknown = Object.getPrototypeOf(value);
  const made = prototype === null ? undefined : Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value;
  return `an object of class ${typeof made === 'function' ? made.name : '(none)'}`;
}

/** The bytes of one typed value. */
export function encodeTypedData(value: WritableValue): Buffer {
  const writer = new Writer(32);
  writeTypedData(writer, value);
  return writer.take();
}

/** One typed value at `offset` of `bytes`: its type, the value, and how many bytes it took. */
export function decodeTypedData(bytes: Uint8Array, offset = 0): { type: DataType; value: Value; length: number } {
  const reader = new Reader(bytes, offset);
  const value = readTypedData(reader);
  return { type: ((bytes[offset] as number) & 0x0f) as DataType, value, length: reader.offset - offset };
}
