import type { Logger, NotifyContext } from '@spoa/core';
import { GuardDeniedError } from '../pipeline/refusals.ts';
import type { Route } from './compile-route.ts';
import { Repeats } from './repeats.ts';

/** What becomes of messages that fail: they set what their failure policy says, and the log tells of each failure once. */
export class Failures {
  readonly #logger: Logger;
  readonly #repeats = new Repeats();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** How often each failure came, by message and code. */
  get counts(): ReadonlyMap<string, number> {
    return this.#repeats.counts;
  }

  /** Writes what is set where a message fails: each part, as far as there is room for it. */
  write(notify: NotifyContext, route: Route, error: unknown): void {
    route.observer?.failed(error);
    this.#report(notify, route, error);
    if (route.failureWriters.length === 0) return;
    const { writer } = notify;
    for (const write of route.failureWriters) {
      const before = writer.offset;
      try {
        write(notify, error);
      } catch (tooBig) {
        writer.offset = before;
        this.#report(notify, route, tooBig);
      }
    }
  }

  #report({ peer, streamId, frameId }: NotifyContext, route: Route, error: unknown): void {
    const { where, message } = route.definition;
    const code = codeOf(error);
    const facts = { message: message.name, where, peer, streamId, frameId, err: error };
    const isNew = this.#repeats.isNew(`${message.name} ${code}`);
    // A guard that says no does its work.
    if (error instanceof GuardDeniedError) return this.#logger.debug(facts, 'a guard let the message not pass');
    const sets = route.failureWriters.length === 0 ? 'no variables' : 'what its failure policy says';
    if (isNew) {
      this.#logger.error(facts, `the message failed and sets ${sets} (said once, then counted and logged at debug)`);
    } else this.#logger.debug(facts, `the message failed and sets ${sets}`);
  }
}

/** What a failure is counted by. Anything can be thrown, so nothing is taken for granted. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : error.name;
}
