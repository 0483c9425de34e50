import { IpAddress } from './ip-address.ts';
import { Reader } from './reader.ts';
import type { RememberedText } from './remembered-text.ts';
import { DataType, readTypedData, type Value } from './typed-data.ts';
import { readLength } from './varint.ts';

const TRUE = 0x11;
const FALSE = 0x01;
/** A varint's first byte that is the whole value. */
const MAX_ONE_BYTE = 239;

const NOTHING = Buffer.alloc(0);
/** Values are read one after the other, and no foreign code runs while one is read. */
const reader = new Reader(NOTHING);

/**
 * The typed value at `at` of `bytes`, as `readTypedData` reads it. What most arguments are is read here and now, in half the time;
 * what has another form, or does not end within `bytes`, is left to `readTypedData`.
 *
 * @param text what a short text may be the same as
 */
export function valueAt(bytes: Buffer, at: number, text: RememberedText): Value {
  // No comparison with a byte that is not there is true.
  const low = bytes[at + 1] as number;
  const middle = bytes[at + 2] as number;
  switch (bytes[at]) {
    case DataType.NULL:
      return null;
    case TRUE:
      return true;
    case FALSE:
      return false;
    case DataType.INT32:
    case DataType.UINT32:
    case DataType.INT64:
    case DataType.UINT64: {
      if (low <= MAX_ONE_BYTE) return low;
      if (middle < 128) return low + (middle << 4);
      const high = bytes[at + 3] as number;
      if (high < 128) return low + (middle << 4) + (high << 11);
      break;
    }
    case DataType.IPV4:
      if (at + 4 < bytes.length) return IpAddress.v4(word(bytes, at + 1));
      break;
    case DataType.STRING: {
      const isShort = low <= MAX_ONE_BYTE;
      if (!isShort && !(middle < 128)) break;
      const start = isShort ? at + 2 : at + 3;
      const length = isShort ? low : low + (middle << 4);
      if (length <= bytes.length - start) return text.read(bytes, start, length);
    }
  }
  reader.reset(bytes, at, bytes.length);
  const value = readTypedData(reader);
  reader.reset(NOTHING, 0, 0);
  return value;
}

/** A view of the bytes of the STRING or BINARY at `at` of `bytes`; `undefined` where that is another type. */
export function viewAt(bytes: Buffer, at: number): Buffer | undefined {
  const type = (bytes[at] as number) & 0x0f;
  if (type !== DataType.STRING && type !== DataType.BINARY) return undefined;
  reader.reset(bytes, at + 1, bytes.length);
  const view = reader.view(readLength(reader));
  reader.reset(NOTHING, 0, 0);
  return view;
}

/** Four bytes, big-endian. */
function word(bytes: Buffer, offset: number): number {
  const high = ((bytes[offset] as number) << 24) | ((bytes[offset + 1] as number) << 16);
  return high | ((bytes[offset + 2] as number) << 8) | (bytes[offset + 3] as number);
}
