import type { Logger } from '@spoa/core';

export interface LogEntry {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly facts: object;
  readonly message: string;
}

/** Keeps what an agent logs. */
export class RecordingLogger implements Logger {
  readonly entries: LogEntry[] = [];

  /** Warnings and errors that have not been taken. */
  get complaints(): LogEntry[] {
    return this.entries.filter(({ level }) => level === 'warn' || level === 'error');
  }

  /** The messages that the agent complained with; they count as expected from now on. */
  takeComplaints(): string[] {
    const messages = this.complaints.map(({ message }) => message);
    this.clear();
    return messages;
  }

  clear(): void {
    this.entries.length = 0;
  }

  debug(facts: object, message: string): void {
    this.entries.push({ level: 'debug', facts, message });
  }

  info(facts: object, message: string): void {
    this.entries.push({ level: 'info', facts, message });
  }

  warn(facts: object, message: string): void {
    this.entries.push({ level: 'warn', facts, message });
  }

  error(facts: object, message: string): void {
    this.entries.push({ level: 'error', facts, message });
  }
}
