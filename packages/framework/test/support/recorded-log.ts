import { type Logger, pino } from 'pino';

export interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly err?: { readonly type: string; readonly message: string; readonly code?: string; readonly stack: string };
  readonly [fact: string]: unknown;
}

/** pino's numbers. */
export const LEVEL = { trace: 10, debug: 20, info: 30, warn: 40, error: 50 } as const;

/** What an application writes to its log: a real pino, down to `trace`, that writes into memory. */
export class RecordedLog {
  readonly #texts: string[] = [];
  readonly logger: Logger = pino({ level: 'trace' }, { write: (text) => void this.#texts.push(text) });

  /** The lines of at least this level, as they were written. */
  texts(level: number = LEVEL.trace): string[] {
    return this.#texts.filter((text) => (JSON.parse(text) as LogLine).level >= level);
  }

  lines(level: number = LEVEL.trace): LogLine[] {
    return this.texts(level).map((text) => JSON.parse(text) as LogLine);
  }

  /** What an operator sees by default, without the noise of listening and closing. */
  get loud(): LogLine[] {
    return this.lines(LEVEL.warn);
  }
}
