import { DataType } from '@spoa/core';
import type { ArgumentTypeName } from './argument-type.ts';

/*
 * What generated calls read by themselves: a sound typed value of the usual form, at `at` of `bytes`, its type byte. All else is
 * left to `bind`: here it is only told apart. That a NOTIFY was indexed says that the whole value is there.
 */

const MAX_ONE_BYTE = 239;
const MAX_TWO_BYTES = 2287;

/** Where the bytes of a STRING or BINARY of a usual length (see `usualInteger`) begin. */
export function usualStart(at: number, length: number): number {
  if (length <= MAX_ONE_BYTE) return at + 2;
  return length <= MAX_TWO_BYTES ? at + 3 : at + 4;
}

/** An integer, or a length, of one to three bytes (0 to 264431), else -1. */
export function usualInteger(bytes: Buffer, at: number): number {
  const low = bytes[at + 1] as number;
  if (low <= MAX_ONE_BYTE) return low;
  const middle = bytes[at + 2] as number;
  if (middle < 128) return low + (middle << 4);
  const high = bytes[at + 3] as number;
  return high < 128 ? low + (middle << 4) + (high << 11) : -1;
}

/** The address of an IPV4, for `IpAddress.v4`. */
export function usualAddress(bytes: Buffer, at: number): number {
  return (
    ((bytes[at + 1] as number) << 24) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 8) |
    (bytes[at + 4] as number)
  );
}

/** Source text: whether a value is of the usual form of a type, and what it is then. */
export interface UsualValue {
  readonly test: string;
  readonly value: string;
}

const TEXT_TEST = `type === ${DataType.STRING} && (length = usualInteger(bytes, at)) >= 0`;
const BYTES_TEST = `(type === ${DataType.STRING} || type === ${DataType.BINARY}) && (length = usualInteger(bytes, at)) >= 0`;
const VIEW = 'bytes.subarray(start = usualStart(at, length), start + length)';

/**
 * For each type that generated calls read by themselves, the usual value of parameter `number`. `type` is the type byte; a
 * BOOLEAN's has its value in the high nibble, that of others is 0 as a rule.
 */
export const USUAL_VALUES: { readonly [Type in ArgumentTypeName]?: (number: number) => UsualValue } = {
  string: (number) => ({ test: TEXT_TEST, value: `text${number}.read(bytes, usualStart(at, length), length)` }),
  latin1: () => ({ test: TEXT_TEST, value: 'decodeLatin1(bytes, start = usualStart(at, length), start + length)' }),
  number: () => ({
    test: `type >= ${DataType.INT32} && type <= ${DataType.UINT64} && (integer = usualInteger(bytes, at)) >= 0`,
    value: 'integer',
  }),
  boolean: () => ({ test: `(type & 0x0f) === ${DataType.BOOLEAN}`, value: '(type & 0xf0) === 0x10' }),
  ip: () => ({ test: `type === ${DataType.IPV4}`, value: 'IpAddress.v4(usualAddress(bytes, at))' }),
  buffer: () => ({ test: BYTES_TEST, value: `Buffer.from(${VIEW})` }),
  view: () => ({ test: BYTES_TEST, value: VIEW }),
};
