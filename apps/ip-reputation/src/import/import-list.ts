import type { Readable } from 'node:stream';
import type { Database } from '../database/database.ts';
import { detectFormat, FORMATS, type FormatName } from './formats/formats.ts';
import type { Draft, LineFormat } from './line-format.ts';
import { readLines } from './lines.ts';
import { type Merged, type StagedEntry, Staging } from './staging.ts';

/** Rows that go to the database at once. */
const BATCH = 5000;
const BAD_LINES_KEPT = 10;

export interface ImportOptions {
  /** The list of lines that name none. */
  readonly list: string;
  /** For the messages and for detecting the format. */
  readonly fileName: string;
  /** @default detected */
  readonly format?: FormatName | undefined;
  /** The score of lines that give none. @default 0 (blacklisted), except for CSV: required where lines give none */
  readonly score?: number | undefined;
  /** The reason of lines that give none. */
  readonly reason?: string | undefined;
  /** The expiry of lines that give none. @default never */
  readonly expiresAt?: Date | undefined;
  /** Remove what the imported lists held before and the file does not. @default false */
  readonly replace?: boolean | undefined;
  /** How far it is: lines read so far. */
  readonly onLines?: (lines: number) => void;
  /** All lines are read, the rows go into the table. */
  readonly onMerge?: () => void;
}

export interface BadLine {
  /** From 1. */
  readonly line: number;
  readonly problem: string;
}

export interface ImportResult extends Merged {
  readonly format: FormatName;
  /** The lists that the entries went to. */
  readonly lists: readonly string[];
  readonly lines: number;
  /** Prefixes read; a range may be several. */
  readonly prefixes: number;
  /** The number of bad lines, and the first of them. */
  readonly bad: { readonly count: number; readonly first: readonly BadLine[] };
  /** Lines that named an address inside their prefix, which was cut to its network; and the first of them. */
  readonly hostBits: { readonly count: number; readonly firstLine: number | undefined };
  /** What to know about the file as a whole. */
  readonly notes: readonly string[];
}

/** The file can't be used at all; nothing was changed. */
export class ImportError extends Error {
  override readonly name = 'ImportError';
  readonly bad: readonly BadLine[];

  constructor(message: string, bad: readonly BadLine[] = []) {
    super(message);
    this.bad = bad;
  }
}

/**
 * Imports a list from a stream. Bad lines are counted and passed over. The table changes in one step at the end, or
 * not at all.
 *
 * @throws ImportError when not one line was good: `replace` must not empty a list because of a web server's error page
 */
export async function importList(database: Database, source: Readable, options: ImportOptions): Promise<ImportResult> {
  const staging = await Staging.create(database);
  try {
    return await new Import(staging, options).run(source);
  } finally {
    await staging.drop();
  }
}

class Import {
  readonly #staging: Staging;
  readonly #options: ImportOptions;
  readonly #lists = new Set<string>();
  #lines = 0;
  #prefixes = 0;
  #bad: BadLine[] = [];
  #badCount = 0;
  #hostBits = 0;
  #firstHostBits: number | undefined;
  #batch: StagedEntry[] = [];
  #storing: Promise<void> = Promise.resolve();

  constructor(staging: Staging, options: ImportOptions) {
    this.#staging = staging;
    this.#options = options;
  }

  async run(source: Readable): Promise<ImportResult> {
    const { fileName, onLines, onMerge, replace = false } = this.#options;
    let name = this.#options.format;
    let parser: ReturnType<LineFormat['open']> | undefined;
    for await (const lines of readLines(source)) {
      name ??= detectFormat(lines, fileName);
      const format: LineFormat = FORMATS[name];
      parser ??= format.open();
      for (const line of lines) {
        this.#lines++;
        this.#take(parser.parse(line), this.#options.score ?? format.defaultScore);
      }
      if (this.#batch.length >= BATCH) await this.#store();
      onLines?.(this.#lines);
    }
    await this.#store();
    await this.#storing;
    if (name === undefined || this.#prefixes === 0) {
      const what = this.#badCount > 0 ? `none of its ${this.#lines} lines is good` : 'it has no entries';
      throw new ImportError(`${fileName}: ${what}; nothing was changed`, this.#bad);
    }
    onMerge?.();
    const note = parser?.finish?.();
    return {
      ...(await this.#staging.merge(replace)),
      format: name,
      lists: [...this.#lists],
      lines: this.#lines,
      prefixes: this.#prefixes,
      bad: { count: this.#badCount, first: this.#bad },
      hostBits: { count: this.#hostBits, firstLine: this.#firstHostBits },
      notes: note === undefined ? [] : [note],
    };
  }

  #take(drafts: readonly Draft[] | string, defaultScore: number | undefined): void {
    if (typeof drafts === 'string') {
      this.#reject(drafts);
      return;
    }
    const { list, reason, expiresAt } = this.#options;
    for (const draft of drafts) {
      const score = draft.score ?? defaultScore;
      if (score === undefined) {
        this.#reject('gives no score: add --score');
        return;
      }
      if (draft.hostBits) {
        this.#hostBits++;
        this.#firstHostBits ??= this.#lines;
      }
      this.#prefixes++;
      const name = draft.list ?? list;
      this.#lists.add(name);
      this.#batch.push({
        line: this.#lines,
        prefix: draft.prefix,
        list: name,
        score,
        reason: draft.reason ?? reason,
        expiresAt: draft.expiresAt ?? expiresAt,
      });
    }
  }

  #reject(problem: string): void {
    this.#badCount++;
    if (this.#bad.length < BAD_LINES_KEPT) this.#bad.push({ line: this.#lines, problem });
  }

  /** Sends the batch off, while the next lines are read. */
  async #store(): Promise<void> {
    const batch = this.#batch;
    this.#batch = [];
    await this.#storing;
    if (batch.length > 0) this.#storing = this.#staging.add(batch);
    // Awaited later: a failure meanwhile must not count as unhandled.
    this.#storing.catch(() => {});
  }
}
