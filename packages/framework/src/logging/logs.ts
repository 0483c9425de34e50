import type { NotifyConnection, NotifyContext } from '@spoa/core';
import type { LevelWithSilent, Logger as PinoLogger } from 'pino';
import type { Class } from '../class.ts';

/** Who writes a line: a class, or any name. `agent` is what HAProxy's connections are served by. */
export type LogContext = string | Class;

/**
 * The loggers of one application, by context. Inject it where something is to be logged.
 *
 * @example
 * constructor(private readonly logs: Logs) {}
 * handle(@Context() notify: NotifyContext): void {
 *   this.logs.forNotify(LoginController, notify).warn({ user }, 'refused');
 * }
 */
export class Logs {
  /** Without a context. */
  readonly root: PinoLogger;
  readonly #levels = new Map<string, LevelWithSilent>();
  readonly #contexts = new Map<string, PinoLogger>();
  /** By context. Emptied when a level changes: children have theirs from the moment they are made. */
  readonly #connections = new Map<string, WeakMap<NotifyConnection, PinoLogger>>();

  constructor(root: PinoLogger) {
    this.root = root;
  }

  /** The logger of a context, the same each time: its lines have `context`. */
  for(context: LogContext): PinoLogger {
    const name = nameOf(context);
    const known = this.#contexts.get(name);
    if (known !== undefined) return known;
    const logger = this.root.child({ context: name }, { level: this.levelOf(name) });
    this.#contexts.set(name, logger);
    return logger;
  }

  /** One whose lines have `engineId` and `peer` as well: made once for a connection, and again when a level has changed. */
  forConnection(context: LogContext, connection: NotifyConnection): PinoLogger {
    const name = nameOf(context);
    let loggers = this.#connections.get(name);
    if (loggers === undefined) {
      loggers = new WeakMap();
      this.#connections.set(name, loggers);
    }
    const known = loggers.get(connection);
    if (known !== undefined) return known;
    const { engineId, peer } = connection;
    const logger = this.for(name).child({ engineId, peer });
    loggers.set(connection, logger);
    return logger;
  }

  /** One whose lines have `streamId` and `frameId` as well. Made each time: ask when there is something to say. */
  forNotify(context: LogContext, { connection, streamId, frameId }: NotifyContext): PinoLogger {
    return this.forConnection(context, connection).child({ streamId, frameId });
  }

  levelOf(context: LogContext): LevelWithSilent {
    return this.#levels.get(nameOf(context)) ?? (this.root.level as LevelWithSilent);
  }

  /**
   * Changes a level while the application runs: of one context, or without one of all that have none of their own.
   *
   * @param level `undefined` gives a context the level of the others back
   * @throws RangeError for a level that the logger does not have
   */
  setLevel(level: LevelWithSilent | undefined, context?: LogContext): void {
    if (level !== undefined && level !== 'silent' && !(level in this.root.levels.values)) {
      const known = [...Object.keys(this.root.levels.values), 'silent'].join(', ');
      throw new RangeError(`there is no log level ${level}: there are ${known}`);
    }
    if (context === undefined) {
      if (level === undefined) throw new RangeError('the level of all contexts cannot be undefined');
      this.root.level = level;
    } else if (level === undefined) this.#levels.delete(nameOf(context));
    else this.#levels.set(nameOf(context), level);
    for (const [name, logger] of this.#contexts) logger.level = this.levelOf(name);
    this.#connections.clear();
  }
}

function nameOf(context: LogContext): string {
  return typeof context === 'string' ? context : context.name;
}
