import type { Logger } from '../../../src/index.ts';

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly facts: Record<string, unknown>;
  readonly message: string;
}

/** Keeps what the agent logs. */
export class RecordingLogger implements Logger {
  readonly lines: LogLine[] = [];

  /** What an operator would see: everything above debug. */
  get loud(): LogLine[] {
    return this.lines.filter(({ level }) => level !== 'debug');
  }

  debug(facts: object, message: string): void {
    this.#add('debug', facts, message);
  }

  info(facts: object, message: string): void {
    this.#add('info', facts, message);
  }

  warn(facts: object, message: string): void {
    this.#add('warn', facts, message);
  }

  error(facts: object, message: string): void {
    this.#add('error', facts, message);
  }

  #add(level: LogLine['level'], facts: object, message: string): void {
    this.lines.push({ level, facts: facts as Record<string, unknown>, message });
  }
}
