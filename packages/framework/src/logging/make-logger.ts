import { createRequire } from 'node:module';
import { type DestinationStream, type LoggerOptions, type Logger as PinoLogger, pino } from 'pino';
import { SECRET_PATHS } from './redaction.ts';

/** pino's options, and whether lines are for eyes. */
export interface LoggingOptions extends LoggerOptions {
  /** Lines in colour for a reader, and not JSON. With a `transport` of your own that decides. @default on a terminal */
  pretty?: boolean;
}

/** A logger as it was asked for: one that is made elsewhere stays as it is. */
export function makeLogger(given: PinoLogger | LoggingOptions | false = {}): PinoLogger {
  if (given === false) return pino({ level: 'silent' });
  if (isLogger(given)) return given;
  const { pretty = process.stdout.isTTY === true, redact, ...options } = given;
  const all: LoggerOptions = { ...options, redact: withSecrets(redact) };
  return pretty && options.transport === undefined ? pino(all, prettyStream()) : pino(all);
}

function isLogger(given: PinoLogger | LoggingOptions): given is PinoLogger {
  return 'child' in given && typeof given.child === 'function';
}

function withSecrets(given: LoggerOptions['redact'] = []): NonNullable<LoggerOptions['redact']> {
  const options = Array.isArray(given) ? { paths: given } : given;
  return { ...options, paths: [...SECRET_PATHS, ...options.paths] };
}

/** Loaded for those who look on. In this thread, so that the last lines before a crash are there. */
function prettyStream(): DestinationStream {
  const { build } = createRequire(import.meta.url)('pino-pretty') as typeof import('pino-pretty');
  return build({ sync: true, singleLine: true, ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss.l' });
}
