import { setImmediate } from 'node:timers';
import type { SpoaError } from '../errors.ts';
import type { Writer } from '../wire/writer.ts';
import type { Limits } from './limits.ts';
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

const DONE = Promise.resolve();

/**
 * From so many handlers on, in the whole process, the ACKs of those that end wait for the others of their turn of the event loop:
 * timers and sockets call back one by one, and a write for each costs more than all else. With fewer, nothing would be gained.
 */
const MANY = 64;
/** ACKs of one connection that wait for others at most. */
const LARGEST_BATCH = 64;

/** Handlers at work in the whole process. */
let atWork = 0;

/** The NOTIFYs of one connection that wait for their handlers, and those that are done and leave with this turn. */
export class InFlight {
  /** In no order: each knows its slot, so that leaving costs the same however many there are. */
  readonly #waiting: NotifyContext[] = [];
  readonly #events: InFlightEvents;
  readonly #settled: () => void;
  #done: NotifyContext[] = [];
  /** What came with those that wait, in bytes. */
  #bytes = 0;

  constructor(events: InFlightEvents) {
    this.#events = events;
    this.#settled = () => {
      if (this.#done.length > 0) events.settled();
    };
  }

  /** NOTIFYs whose handlers are not done. */
  get size(): number {
    return this.#waiting.length;
  }

  /** Whether none waits, and none is done and unwritten. */
  get isEmpty(): boolean {
    return this.#waiting.length === 0 && this.#done.length === 0;
  }

  /** Whether there are as many as may be. */
  isFull({ maxInFlight, maxInFlightBytes }: Limits): boolean {
    return this.#waiting.length >= maxInFlight || this.#bytes >= maxInFlightBytes;
  }

  /** Waits for the handler of a detached NOTIFY, whose payload has `size` bytes. */
  add(notify: NotifyContext, result: PromiseLike<unknown>, size: number): void {
    notify.size = size;
    this.#bytes += size;
    notify.slot = this.#waiting.length;
    this.#waiting.push(notify);
    atWork++;
    const failed = (error: unknown): void => this.#settle(notify, true, error);
    // Not every thenable is a promise: some throw, or call back twice.
    try {
      result.then((value) => this.#settle(notify, false, value), failed);
    } catch (error) {
      failed(error);
    }
  }

  #settle(notify: NotifyContext, rejected: boolean, value: unknown): void {
    const { slot } = notify;
    if (slot < 0) {
      // Not every thenable calls back once: what is done and not written yet stays as it is.
      if (notify.settled) notify.finishLate();
      return;
    }
    if (notify.finish(rejected, value)) this.#events.failed(notify, value);
    const last = this.#waiting.pop() as NotifyContext;
    if (last !== notify) {
      this.#waiting[slot] = last;
      last.slot = slot;
    }
    notify.slot = -1;
    this.#bytes -= notify.size;
    atWork--;
    const done = this.#done.push(notify);
    if (done === 1 && atWork >= MANY) setImmediate(this.#settled);
    // Cheaper than `queueMicrotask`, which carries a context of its own for every call.
    else if (done === 1 || done === LARGEST_BATCH) DONE.then(this.#settled);
    this.#events.done();
  }

  /**
   * Moves the ACKs that are due to `output`, and calls `written` behind each; without an output they are dropped.
   */
  write(output: Writer | undefined, written: () => void): void {
    const done = this.#done;
    this.#done = [];
    for (const notify of done) {
      try {
        notify.settleInto(output);
      } catch (error) {
        this.#events.failed(notify, error);
        notify.settleWithout(output);
      }
      written();
    }
  }

  /**
   * Waits no longer: the signals fire, and the ACKs go to `output` with what can be said without the handlers. `written` is
   * called behind each.
   */
  answerUnfinished(reason: SpoaError, output: Writer, written: () => void): void {
    for (const notify of this.#take()) {
      notify.abandon(reason);
      notify.settleWithout(output, reason);
      written();
    }
  }

  /**
   * Ends all that wait or are unwritten: their signals fire, and with an `output` they are answered there without actions.
   */
  end(reason: SpoaError, output?: Writer): void {
    for (const notify of this.#take()) {
      notify.abandon(reason);
      notify.settleWithout(output);
    }
  }

  #take(): NotifyContext[] {
    const taken = [...this.#waiting, ...this.#done];
    atWork -= this.#waiting.length;
    this.#waiting.length = 0;
    this.#bytes = 0;
    this.#done = [];
    for (const notify of taken) notify.slot = -1;
    return taken;
  }
}
