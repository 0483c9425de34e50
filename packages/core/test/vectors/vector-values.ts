import {
  type Argument,
  bin,
  IpAddress,
  int32,
  int64,
  ipv4,
  ipv6,
  str,
  uint32,
  uint64,
  type Value,
  type WritableValue,
} from '../../src/index.ts';

/** A value in a vector file: its type as the only key. Integers are text because JSON's numbers end at 2^53. */
export type VectorValue =
  | { null: true }
  | { boolean: boolean }
  | { int32: string }
  | { uint32: string }
  | { int64: string }
  | { uint64: string }
  | { ipv4: string }
  | { ipv6: string }
  | { string: string }
  | { stringBytes: string }
  | { binary: string };

/** The bytes of a vector: hexadecimal digits, in one text or in several, with spaces wherever they help the reader. */
export function bytesOf(hex: string | readonly string[]): Buffer {
  const digits = (typeof hex === 'string' ? hex : hex.join('')).replaceAll(/\s/g, '');
  if (!/^([0-9a-f]{2})*$/.test(digits)) throw new Error(`not hexadecimal: ${digits}`);
  return Buffer.from(digits, 'hex');
}

/** What the codec is given to write this value. */
export function writable(value: VectorValue): WritableValue {
  if ('null' in value) return null;
  if ('boolean' in value) return value.boolean;
  if ('int32' in value) return int32(BigInt(value.int32));
  if ('uint32' in value) return uint32(BigInt(value.uint32));
  if ('int64' in value) return int64(BigInt(value.int64));
  if ('uint64' in value) return uint64(BigInt(value.uint64));
  if ('ipv4' in value) return ipv4(value.ipv4);
  if ('ipv6' in value) return ipv6(value.ipv6);
  if ('string' in value) return value.string;
  if ('stringBytes' in value) return str(bytesOf(value.stringBytes));
  return bin(bytesOf(value.binary));
}

/** What the codec must read. */
export function readable(value: VectorValue): Value {
  if ('null' in value) return null;
  if ('boolean' in value) return value.boolean;
  if ('ipv4' in value) return addressOf(value.ipv4);
  if ('ipv6' in value) return addressOf(value.ipv6);
  if ('string' in value) return value.string;
  if ('stringBytes' in value) return new TextDecoder().decode(bytesOf(value.stringBytes));
  if ('binary' in value) return bytesOf(value.binary);
  const [integer] = Object.values(value) as [string];
  const exact = BigInt(integer);
  const safe = exact >= Number.MIN_SAFE_INTEGER && exact <= Number.MAX_SAFE_INTEGER;
  return safe ? Number(exact) : exact;
}

/** The name that `Argument.type` must have. */
export function typeName(value: VectorValue): Argument['type'] {
  const [key] = Object.keys(value) as [string];
  return (key === 'stringBytes' ? 'STRING' : key.toUpperCase()) as Argument['type'];
}

function addressOf(text: string): IpAddress {
  const address = IpAddress.parse(text);
  if (address === undefined) throw new Error(`no address: ${text}`);
  return address;
}
