import { IpAddress } from '@spoa/core';
import { tidyReason } from '../../entries/limits.ts';
import { Prefix } from '../../entries/prefix.ts';
import { prefixesOfRange } from '../../entries/range.ts';
import { type Draft, EVERYTHING, type LineFormat, type LineParser, noPrefix } from '../line-format.ts';

const NOTHING: readonly Draft[] = [];

/**
 * One address, prefix or range (`first-last`) a line:
 *
 *     # comment
 *     192.0.2.0/24
 *     192.0.2.10-192.0.2.19
 *     2001:db8::/32 ; reason
 */
class PrefixListParser implements LineParser {
  readonly #commentBecomesReason: boolean;

  constructor(commentBecomesReason: boolean) {
    this.#commentBecomesReason = commentBecomesReason;
  }

  parse(line: string): readonly Draft[] | string {
    const comment = line.search(/[;#]/);
    const text = (comment === -1 ? line : line.slice(0, comment)).trim();
    if (text === '') return NOTHING;
    const reason =
      this.#commentBecomesReason && comment !== -1 ? { reason: tidyReason(line.slice(comment + 1)) } : undefined;
    const one = Prefix.read(text);
    if (one !== undefined) return one.prefix.length === 0 ? EVERYTHING : [{ ...one, ...reason }];
    const [first, last, ...more] = text.split('-').map((part) => IpAddress.parse(part.trim()));
    if (first === undefined || last === undefined || more.length > 0) return noPrefix(text);
    const prefixes = prefixesOfRange(first, last);
    return prefixes?.map((prefix) => ({ prefix, ...reason })) ?? `the range ends before it starts: ${text}`;
  }
}

export const netset: LineFormat = {
  description: 'FireHOL netset or ipset: addresses and prefixes, # comments',
  defaultScore: 0,
  matches: (_, fileName) => /\.(net|ip)set(\.gz)?$/i.test(fileName),
  open: () => new PrefixListParser(false),
};

export const plain: LineFormat = {
  description: 'addresses, prefixes or ranges, one a line; what follows ; or # is the reason',
  defaultScore: 0,
  matches: () => true,
  open: () => new PrefixListParser(true),
};
