import type { SpoaError } from '../errors.ts';
import type { Writer } from '../wire/writer.ts';
import type { NotifyContext } from './notify-context.ts';

/** What becomes of NOTIFYs whose handlers take their time. */
export interface InFlightEvents {
  /** The handler of a NOTIFY that somebody still waits for has failed. */
  failed(notify: NotifyContext, error: unknown): void;
  /** A handler is done; `settled` tells when the ACKs of this turn are to be written. */
  done(): void;
  /** All handlers that end in this turn have ended: call `write`. */
  settled(): void;
}

/** The NOTIFYs of one connection that wait for their handlers, and those that are done and leave with this turn. */
export class InFlight {
  readonly #waiting = new Set<NotifyContext>();
  readonly #events: InFlightEvents;
  #done: NotifyContext[] = [];

  constructor(events: InFlightEvents) {
    this.#events = events;
  }

  /** NOTIFYs whose handlers are not done. */
  get size(): number {
    return this.#waiting.size;
  }

  /** Whether none waits, and none is done and unwritten. */
  get isEmpty(): boolean {
    return this.#waiting.size === 0 && this.#done.length === 0;
  }

  /** Waits for the handler of a detached NOTIFY. */
  add(notify: NotifyContext, result: PromiseLike<unknown>): void {
    this.#waiting.add(notify);
    const failed = (error: unknown): void => {
      if (this.#waiting.has(notify)) this.#events.failed(notify, error);
      this.#settle(notify);
    };
    // Not every thenable is a promise: some throw, or call back twice.
    try {
      result.then(() => this.#settle(notify), failed);
    } catch (error) {
      failed(error);
    }
  }

  #settle(notify: NotifyContext): void {
    if (!this.#waiting.delete(notify)) return;
    this.#done.push(notify);
    if (this.#done.length === 1) queueMicrotask(() => this.#events.settled());
    this.#events.done();
  }

  /**
   * Moves the ACKs that are due to `output`, and calls `written` behind each; without an output they are dropped.
   */
  write(output: Writer | undefined, written: () => void): void {
    const done = this.#done;
    this.#done = [];
    for (const notify of done) {
      notify.settleInto(output);
      written();
    }
  }

  /**
   * Ends all that wait or are unwritten: their signals fire, and with an `output` they are answered there without actions.
   */
  end(reason: SpoaError, output?: Writer): void {
    const ended = [...this.#waiting, ...this.#done];
    this.#waiting.clear();
    this.#done = [];
    for (const notify of ended) {
      notify.abort(reason);
      notify.clearActions();
      notify.settleInto(output);
    }
  }
}
