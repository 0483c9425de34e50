import type { Answer, NotifyContext } from '@spoa/core';
import { DeadlineError } from '../pipeline/refusals.ts';
import type { Route } from './compile-route.ts';
import type { Failures } from './failures.ts';

/** A message whose answer waits to be written behind those before it. */
export interface Waiting {
  readonly route: Route;
  readonly result: PromiseLike<unknown> | undefined;
  /** What it sets, where that is known: its values may be views of memory that is read into again, so they are written at once. */
  readonly actions?: Uint8Array;
  /** How its handler ended, once it has. */
  outcome?: PromiseSettledResult<unknown>;
}

/**
 * Writes the results of the messages of one NOTIFY in the order of the messages, when all are there, or when nobody waits for the
 * others any more.
 */
export class SeveralAnswers implements Answer {
  readonly #waiting: readonly Waiting[];
  readonly #failures: Failures;

  constructor(waiting: readonly Waiting[], failures: Failures) {
    this.#waiting = waiting;
    this.#failures = failures;
  }

  /** Waits for all handlers. It never fails. */
  async ended(): Promise<void> {
    await Promise.all(this.#waiting.map(ending));
  }

  write(notify: NotifyContext): void {
    this.#write(notify, undefined);
  }

  writeUnfinished(notify: NotifyContext, reason: Error): void {
    this.#write(notify, reason);
  }

  dropped(): void {
    for (const { route, actions } of this.#waiting) if (actions === undefined) route.observer?.dropped();
  }

  #write(notify: NotifyContext, unfinished: Error | undefined): void {
    let late: DeadlineError | undefined;
    for (const { route, actions, outcome } of this.#waiting) {
      const before = notify.writer.offset;
      try {
        if (actions !== undefined) notify.writer.raw(actions);
        else if (outcome?.status === 'fulfilled') route.write(notify, outcome.value);
        else throw outcome === undefined ? unfinished : outcome.reason;
      } catch (error) {
        notify.writer.offset = before;
        this.#failures.write(notify, route, error);
        if (error instanceof DeadlineError) late = error;
      }
    }
    // Not before: the other handlers of the NOTIFY share its signal.
    if (late !== undefined) notify.abort(late);
  }
}

/** Notes how a handler ends. It never fails. */
function ending(message: Waiting): Promise<void> {
  return Promise.resolve(message.result).then(
    (value) => {
      message.outcome = { status: 'fulfilled', value };
    },
    (reason: unknown) => {
      message.outcome = { status: 'rejected', reason };
    },
  );
}
