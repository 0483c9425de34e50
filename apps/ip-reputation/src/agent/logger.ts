import { type Logger, pino } from 'pino';
import pretty from 'pino-pretty';

/** The levels of `--log-level`. At `debug` every decision is shown. */
export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

export type LogLevel = (typeof LOG_LEVELS)[number];

/** For people on a terminal, JSON elsewhere. */
export function createLogger(level: LogLevel): Logger {
  if (!process.stdout.isTTY) return pino({ level });
  return pino(
    { level },
    pretty({ sync: true, singleLine: true, ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss.l' }),
  );
}
