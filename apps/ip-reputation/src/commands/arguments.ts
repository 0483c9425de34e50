import { IpAddress } from '@spoa/core';
import { InvalidArgumentError } from 'commander';
import { parseExpiry } from '../entries/expiry.ts';
import { isListName, parseScore, tidyReason } from '../entries/limits.ts';
import { Prefix } from '../entries/prefix.ts';

/** Readers of arguments and options; what they throw becomes commander's own message, with exit code 2. */

export function scoreArgument(text: string): number {
  const score = parseScore(text);
  if (score === undefined) throw new InvalidArgumentError('A score is an integer from 0 (blacklisted) to 100 (safe).');
  return score;
}

export function listArgument(text: string): string {
  if (!isListName(text)) throw new InvalidArgumentError('The name of a list has 1 to 100 characters.');
  return text;
}

export function reasonArgument(text: string): string {
  const reason = tidyReason(text);
  if (reason === undefined) throw new InvalidArgumentError('The reason is empty.');
  return reason;
}

export function expiryArgument(text: string): Date {
  const date = parseExpiry(text);
  if (date === undefined) {
    throw new InvalidArgumentError('Give a duration (30m, 12h, 7d, 2w) or a date (2026-12-31, 2026-12-31T12:00:00Z).');
  }
  if (date.getTime() <= Date.now()) throw new InvalidArgumentError('That is in the past.');
  return date;
}

/** Typed by hand: an address with a length that does not fit is more likely a slip than meant. */
export function prefixArgument(text: string): Prefix {
  const read = Prefix.read(text);
  if (read === undefined) throw new InvalidArgumentError('Give an address or a prefix: 192.0.2.1 or 2001:db8::/32.');
  const address = text.split('/')[0];
  if (read.hostBits)
    throw new InvalidArgumentError(`Is the network meant (${read.prefix}) or the address (${address})?`);
  return read.prefix;
}

export function addressesArgument(text: string, before: readonly IpAddress[] = []): IpAddress[] {
  const address = IpAddress.parse(text);
  if (address === undefined) throw new InvalidArgumentError('Give an address: 192.0.2.1 or 2001:db8::1.');
  return [...before, address];
}
