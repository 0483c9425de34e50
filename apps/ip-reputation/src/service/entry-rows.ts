import { IpAddress } from '@spoa/core';
import { Prefix } from '../entries/prefix.ts';

/**
 * An entry as the queries below deliver it: prefix, list, score, reason, expiry in seconds since 1970.
 *
 * Rows come as one JSON text of arrays, the prefix in the binary form of `inet_send`: a page of 5000 rows costs
 * PGlite 9 ms so, and 30 to 130 ms as rows with `prefix::text`.
 */
export type EntryRow = readonly [
  prefix: string,
  list: string,
  score: number,
  reason: string | null,
  expires: number | null,
];

/** The columns of {@link EntryRow}, from a row of reputation.entry. */
export function entryColumns(alias: string): string {
  return (
    `encode(inet_send(${alias}.prefix), 'hex'), ${alias}.list, ${alias}.score, ${alias}.reason, ` +
    `extract(epoch FROM ${alias}.expires_at)::float8`
  );
}

/**
 * Reads the hexadecimal form of what `inet_send` gives (PostgreSQL, network.c):
 *
 *     family:byte1 (2: IPv4, 3: IPv6)  bits:byte1  is_cidr:byte1  length:byte1 (4 or 16)  address
 */
export function prefixFromHex(hex: string): Prefix {
  const word = (at: number): number => Number.parseInt(hex.slice(at, at + 8), 16);
  const length = Number.parseInt(hex.slice(2, 4), 16);
  const address = hex.startsWith('02') ? IpAddress.v4(word(8)) : IpAddress.v6(word(8), word(16), word(24), word(32));
  return Prefix.of(address, length);
}

/** Milliseconds since 1970; never: `Infinity`. */
export function expiryOf(expires: number | null): number {
  return expires === null ? Number.POSITIVE_INFINITY : expires * 1000;
}
