import { IpAddress } from '@spoa/core';
import { parseExpiry } from '../../entries/expiry.ts';
import { isListName, parseScore, tidyReason } from '../../entries/limits.ts';
import { Prefix } from '../../entries/prefix.ts';
import { fromBigInt, prefixesOfRange } from '../../entries/range.ts';
import { type Draft, EVERYTHING, type LineFormat, type LineParser, noPrefix } from '../line-format.ts';
import { csvFields } from './csv-fields.ts';

const COLUMNS = {
  prefix: ['prefix', 'cidr', 'network', 'subnet', 'ip', 'address', 'ip_address'],
  start: ['start', 'start_ip', 'ip_start', 'range_start', 'ip_range_start', 'first'],
  end: ['end', 'end_ip', 'ip_end', 'range_end', 'ip_range_end', 'last'],
  score: ['score'],
  list: ['list'],
  reason: ['reason', 'comment', 'description', 'country', 'country_code', 'as_organization', 'organization'],
  asn: ['asn', 'autonomous_system_number', 'as_number'],
  expires: ['expires', 'expires_at', 'expiry'],
} as const;

type Column = keyof typeof COLUMNS;
/** Where each column is. */
type Layout = Partial<Record<Column, number>>;

/**
 * CSV with or without a header:
 *
 *     prefix,score,list,reason,expires        the last ones may be missing
 *     first,last,country                      ip-location-db
 *     first,last,asn,organization             ip-location-db
 *
 * With a header the columns may come in any order, others are left alone. Addresses of a range may be integers.
 */
class CsvParser implements LineParser {
  #layout: Layout | undefined;

  parse(line: string): readonly Draft[] | string {
    if (line.trim() === '' || line.startsWith('#')) return [];
    const fields = csvFields(line);
    if (fields === undefined) return 'a quote is not closed';
    if (this.#layout === undefined) {
      const header = layoutOfHeader(fields);
      this.#layout = header ?? layoutOfValues(fields);
      if (header !== undefined) return [];
      if (this.#layout === undefined) return noPrefix(fields[0] ?? '');
    }
    return draftsOf(fields, this.#layout);
  }
}

export const csv: LineFormat = {
  description: 'CSV, with a header or as prefix,score,list,reason,expires or first,last,country or first,last,asn,name',
  // A table of countries must not turn into a block list of the whole Internet.
  defaultScore: undefined,
  matches: (line) => line.includes(','),
  open: () => new CsvParser(),
};

function layoutOfHeader(fields: readonly string[]): Layout | undefined {
  const names = fields.map((field) => field.toLowerCase().replace(/[\s-]+/g, '_'));
  const layout: Layout = {};
  for (const [column, aliases] of Object.entries(COLUMNS) as [Column, readonly string[]][]) {
    const at = names.findIndex((name) => aliases.includes(name));
    if (at !== -1) layout[column] = at;
  }
  const usable = layout.prefix !== undefined || (layout.start !== undefined && layout.end !== undefined);
  return usable ? layout : undefined;
}

function layoutOfValues(fields: readonly string[]): Layout | undefined {
  const [first = '', second = '', third = ''] = fields;
  if (parseBound(first) !== undefined && parseBound(second) !== undefined && parseScore(second) === undefined) {
    const isAsn = fields.length > 3 && /^(AS)?\d+$/i.test(third);
    return isAsn ? { start: 0, end: 1, asn: 2, reason: 3 } : { start: 0, end: 1, reason: 2 };
  }
  if (Prefix.parse(first) === undefined) return undefined;
  if (second === '' || parseScore(second) !== undefined) return { prefix: 0, score: 1, list: 2, reason: 3, expires: 4 };
  return { prefix: 0, reason: 1 };
}

function draftsOf(fields: readonly string[], layout: Layout): readonly Draft[] | string {
  const field = (column: Column): string => fields[layout[column] ?? -1] ?? '';
  const said: { score?: number; list?: string; reason?: string; expiresAt?: Date } = {};
  if (field('score') !== '') {
    const score = parseScore(field('score'));
    if (score === undefined) return `the score is an integer from 0 to 100, not ${JSON.stringify(field('score'))}`;
    said.score = score;
  }
  if (field('list') !== '') {
    if (!isListName(field('list'))) return 'the name of the list is longer than 100 characters or holds control ones';
    said.list = field('list');
  }
  if (field('expires') !== '') {
    const expiresAt = parseExpiry(field('expires'));
    if (expiresAt === undefined) return `neither a date nor a duration: ${JSON.stringify(field('expires'))}`;
    said.expiresAt = expiresAt;
  }
  const asn = field('asn').replace(/^(?=\d)/, 'AS');
  const reason = tidyReason(`${asn} ${field('reason')}`);
  if (reason !== undefined) said.reason = reason;

  if (layout.prefix !== undefined) {
    const read = Prefix.read(field('prefix'));
    if (read === undefined) return noPrefix(field('prefix'));
    return read.prefix.length === 0 ? EVERYTHING : [{ ...read, ...said }];
  }
  const first = parseBound(field('start'));
  const last = parseBound(field('end'));
  if (first === undefined || last === undefined) return noPrefix(first === undefined ? field('start') : field('end'));
  const prefixes = prefixesOfRange(first, last);
  if (prefixes === undefined) return `no range: ${first} to ${last}`;
  return prefixes[0]?.length === 0 ? EVERYTHING : prefixes.map((prefix) => ({ prefix, ...said }));
}

/** One end of a range: an address, or an integer (beyond 32 bits: IPv6). */
function parseBound(text: string): IpAddress | undefined {
  if (!/^\d+$/.test(text)) return IpAddress.parse(text);
  if (text.length > 39) return undefined;
  const value = BigInt(text);
  if (value <= 0xffffffffn) return IpAddress.v4(Number(value));
  return value < 1n << 128n ? fromBigInt(value) : undefined;
}
