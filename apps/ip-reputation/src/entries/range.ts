import { IpAddress } from '@spoa/core';
import { Prefix } from './prefix.ts';

/**
 * The fewest prefixes that cover all addresses from `first` to `last` and no others: at most 62 of IPv4, 254 of IPv6.
 * `undefined` when the two are of different families or the wrong way round.
 */
export function prefixesOfRange(first: IpAddress, last: IpAddress): Prefix[] | undefined {
  if (first.family !== last.family) return undefined;
  return first.family === 4 ? rangeOfV4(first.w0, last.w0) : rangeOfV6(toBigInt(first), toBigInt(last));
}

function rangeOfV4(first: number, last: number): Prefix[] | undefined {
  if (first > last) return undefined;
  const prefixes: Prefix[] = [];
  for (let start = first; start <= last; ) {
    // As large as the start is aligned, and not beyond the end. Plain arithmetic: 2^32 is no 32-bit integer.
    let length = start === 0 ? 0 : 32 - trailingZeros(start);
    while (start + 2 ** (32 - length) - 1 > last) length++;
    prefixes.push(Prefix.of(IpAddress.v4(start), length));
    start += 2 ** (32 - length);
  }
  return prefixes;
}

function rangeOfV6(first: bigint, last: bigint): Prefix[] | undefined {
  if (first > last) return undefined;
  const prefixes: Prefix[] = [];
  for (let start = first; start <= last; ) {
    let length = 128;
    while (length > 0) {
      const size = 1n << BigInt(129 - length);
      if ((start & (size - 1n)) !== 0n || start + size - 1n > last) break;
      length--;
    }
    prefixes.push(Prefix.of(fromBigInt(start), length));
    start += 1n << BigInt(128 - length);
  }
  return prefixes;
}

function trailingZeros(value: number): number {
  return 31 - Math.clz32(value & -value);
}

function toBigInt({ w0, w1, w2, w3 }: IpAddress): bigint {
  return (BigInt(w0) << 96n) | (BigInt(w1) << 64n) | (BigInt(w2) << 32n) | BigInt(w3);
}

/** An IPv6 address from a 128-bit integer. */
export function fromBigInt(value: bigint): IpAddress {
  const word = (shift: bigint): number => Number((value >> shift) & 0xffffffffn);
  return IpAddress.v6(word(96n), word(64n), word(32n), word(0n));
}
