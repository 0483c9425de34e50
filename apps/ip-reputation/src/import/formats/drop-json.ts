import { Prefix } from '../../entries/prefix.ts';
import { type Draft, EVERYTHING, type LineFormat, type LineParser, noPrefix } from '../line-format.ts';

/**
 * Spamhaus DROP: a JSON object a line, the last one about the file itself.
 *
 *     {"cidr":"192.0.2.0/24","sblid":"SBL1","rir":"arin"}
 *     {"type":"metadata","timestamp":1766000000,"size":66,"records":1,...}
 */
class DropParser implements LineParser {
  #records = 0;
  #announced: number | undefined;

  parse(line: string): readonly Draft[] | string {
    if (line.trim() === '') return [];
    let record: unknown;
    try {
      record = JSON.parse(line);
    } catch {
      return 'not a JSON object';
    }
    if (typeof record !== 'object' || record === null) return 'not a JSON object';
    const { type, records, cidr, sblid } = record as Record<string, unknown>;
    if (type === 'metadata') {
      if (typeof records === 'number') this.#announced = records;
      return [];
    }
    this.#records++;
    const read = typeof cidr === 'string' ? Prefix.read(cidr) : undefined;
    if (read === undefined) return typeof cidr === 'string' ? noPrefix(cidr) : 'the object has no "cidr"';
    if (read.prefix.length === 0) return EVERYTHING;
    return [typeof sblid === 'string' && sblid !== '' ? { ...read, reason: sblid } : read];
  }

  finish(): string | undefined {
    if (this.#announced === undefined) return 'the metadata line is missing: the file may have been cut off';
    if (this.#announced === this.#records) return undefined;
    return `the file announces ${this.#announced} records and has ${this.#records}`;
  }
}

export const drop: LineFormat = {
  description: 'Spamhaus DROP: a JSON object a line with "cidr" and "sblid"',
  defaultScore: 0,
  matches: (line) => line.trimStart().startsWith('{'),
  open: () => new DropParser(),
};
