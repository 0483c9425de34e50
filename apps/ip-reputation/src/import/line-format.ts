import type { Prefix } from '../entries/prefix.ts';

/** What a line says; what it leaves open is filled in from the options of the import. */
export interface Draft {
  readonly prefix: Prefix;
  /** The line named an address inside the prefix. */
  readonly hostBits?: boolean;
  readonly score?: number;
  readonly list?: string;
  readonly reason?: string | undefined;
  readonly expiresAt?: Date;
}

/** Reads a file line by line; may keep a state (a header, counts). */
export interface LineParser {
  /** The entries of a line (none: a comment), or a text that says what is wrong with it. */
  parse(line: string): readonly Draft[] | string;
  /** After the last line: what the user should know about the file as a whole. */
  finish?(): string | undefined;
}

export interface LineFormat {
  /** One line for `--help`. */
  readonly description: string;
  /** The score of lines that give none; `undefined`: the user must say. */
  readonly defaultScore: number | undefined;
  /** Whether the file looks like this. @param line the first that is no comment */
  matches(line: string, fileName: string): boolean;
  open(): LineParser;
}

/** What bad lines are called when they hold no address. */
export function noPrefix(text: string): string {
  const shown = text.length > 60 ? `${text.slice(0, 60)}...` : text;
  return `not an address or prefix: ${JSON.stringify(shown)}`;
}

export const EVERYTHING = 'covers every address; a list would decide alone: use "set" if that is meant';
