import {
  DATA_TYPE_NAMES,
  DataType,
  decodeLatin1,
  IpAddress,
  type Reader,
  readLength,
  readTypedData,
  type Value,
} from '@spoa/core';
import { FrameworkError } from '../errors.ts';

/**
 * What an argument can be declared as, and what the handler gets:
 *
 * - `string`: text as UTF-8; `latin1`: text, one character a byte, nothing lost;
 * - `number`: an integer that a number holds exactly, else the message fails; `bigint`: any integer;
 * - `boolean`; `ip`: an `IpAddress` of either family;
 * - `buffer`: the bytes of a STRING or BINARY, a copy; `view`: the same without copying, valid until the handler returns;
 * - `any`: whatever came, by its natural type (`Value`).
 */
export interface ArgumentTypes {
  string: string;
  latin1: string;
  number: number;
  bigint: bigint;
  boolean: boolean;
  ip: IpAddress;
  buffer: Buffer;
  view: Buffer;
  any: Value;
}

export type ArgumentTypeName = keyof ArgumentTypes;

/** Reads one typed value as one type. `name` is the argument's, for the error. */
export type ArgumentReader = (reader: Reader, name: string | number) => unknown;

/** A set of SPOP types, one bit each: looked at for every argument of every message. */
function setOf(...types: DataType[]): number {
  return types.reduce<number>((set, type) => set | (1 << type), 0);
}

const TEXT = setOf(DataType.STRING);
const BYTES = setOf(DataType.STRING, DataType.BINARY);
const INTEGER = setOf(DataType.INT32, DataType.UINT32, DataType.INT64, DataType.UINT64);
const ADDRESS = setOf(DataType.IPV4, DataType.IPV6);
const ANYTHING = -1;

interface ArgumentType {
  /** The set of SPOP types whose values can be read so. */
  readonly accepts: number;
  /** In words, for the error. */
  readonly expects: string;
  readonly read: ArgumentReader;
}

export const ARGUMENT_TYPES = {
  string: { accepts: TEXT, expects: 'STRING', read: readTypedData },
  latin1: { accepts: TEXT, expects: 'STRING', read: readLatin1 },
  number: { accepts: INTEGER, expects: 'an integer', read: readNumber },
  bigint: { accepts: INTEGER, expects: 'an integer', read: (reader) => BigInt(readTypedData(reader) as number) },
  boolean: { accepts: setOf(DataType.BOOLEAN), expects: 'BOOLEAN', read: readTypedData },
  ip: { accepts: ADDRESS, expects: 'IPV4 or IPV6', read: readTypedData },
  buffer: { accepts: BYTES, expects: 'STRING or BINARY', read: (reader) => Buffer.from(bytesOf(reader)) },
  view: { accepts: BYTES, expects: 'STRING or BINARY', read: bytesOf },
  any: { accepts: ANYTHING, expects: 'anything', read: readTypedData },
} as const satisfies Record<ArgumentTypeName, ArgumentType>;

/** A view of the bytes of a STRING or BINARY. */
function bytesOf(reader: Reader): Buffer {
  reader.u8();
  return reader.view(readLength(reader));
}

function readLatin1(reader: Reader): string {
  reader.u8();
  const length = readLength(reader);
  const start = reader.skip(length);
  return decodeLatin1(reader.bytes, start, start + length);
}

function readNumber(reader: Reader, name: string | number): number {
  const value = readTypedData(reader);
  if (typeof value === 'number') return value;
  throw new FrameworkError('SPOA_ARGUMENT_UNSAFE', `argument ${name} is beyond 2^53-1: declare it as bigint`, {
    facts: { argument: name },
  });
}

/**
 * What the compiler's emitted type says an argument is; `undefined` where it says nothing, `null` where it cannot be bound.
 *
 * What compilers do not look into becomes `Object`, the class of an `import type` becomes `Function` (tsc), and an enum the
 * object that it is (oxc).
 */
export function typeFromHint(hint: unknown): ArgumentTypeName | undefined | null {
  if (typeof hint !== 'function' || hint === Object || hint === Function) return undefined;
  return HINTS.get(hint) ?? null;
}

const HINTS = new Map<unknown, ArgumentTypeName>([
  [String, 'string'],
  [Number, 'number'],
  [BigInt, 'bigint'],
  [Boolean, 'boolean'],
  [Buffer, 'buffer'],
  [Uint8Array, 'buffer'],
  [IpAddress, 'ip'],
]);

export function typeName(type: number): string {
  return DATA_TYPE_NAMES[type] ?? `reserved type ${type}`;
}
