import { type Answer, type Handler, isThenable, type Logger, type NotifyContext } from '@spoa/core';
import { DeadlineError, GuardDeniedError } from '../pipeline/refusals.ts';
import type { Route } from './compile-route.ts';
import { Repeats } from './repeats.ts';
import type { RouteTable } from './route-table.ts';

/** A message whose answer waits to be written behind those before it. */
interface Waiting {
  readonly route: Route;
  readonly result: PromiseLike<unknown> | undefined;
  /** What it sets, where that is known: its values may be views of memory that is read into again, so they are written at once. */
  readonly actions?: Uint8Array;
  /** How its handler ended, once it has. */
  outcome?: PromiseSettledResult<unknown>;
}

type Finish = (notify: NotifyContext, route: Route, rejected: boolean, value: unknown) => void;

/**
 * What is done when a handler is, or when nobody waits for it any more: what an async function would do, without the promise and
 * the turns that it takes. It never fails.
 */
class Finishing implements PromiseLike<void>, Answer {
  readonly #finish: Finish;
  readonly #notify: NotifyContext;
  readonly #route: Route;
  readonly #result: PromiseLike<unknown>;
  #rejected = false;
  #value: unknown;
  /** The NOTIFY was answered without the handler. */
  #isAnswered = false;

  constructor(finish: Finish, notify: NotifyContext, route: Route, result: PromiseLike<unknown>) {
    this.#finish = finish;
    this.#notify = notify;
    this.#route = route;
    this.#result = result;
    notify.answerWith(this);
  }

  // biome-ignore lint/suspicious/noThenProperty: to be awaited is all that it is for
  then<T, E>(fulfilled?: ((nothing: undefined) => T | PromiseLike<T>) | null): PromiseLike<T | E> {
    return this.#result.then(
      (value) => {
        this.#done(value);
        return fulfilled?.(undefined) as T;
      },
      (error: unknown) => {
        this.#rejected = true;
        this.#done(error);
        return fulfilled?.(undefined) as T;
      },
    );
  }

  #done(value: unknown): void {
    this.#value = value;
    // Who waited for it may be gone: then nothing leaves, but it counts.
    if (this.#notify.settled && !this.#isAnswered) this.write();
  }

  write(unfinished?: Error): void {
    if (unfinished === undefined) return this.#finish(this.#notify, this.#route, this.#rejected, this.#value);
    this.#isAnswered = true;
    this.#finish(this.#notify, this.#route, true, unfinished);
  }
}

/** Gives each message of a NOTIFY to its route. A message that fails sets what its failure policy says; the others do as ever. */
export class Dispatcher {
  readonly #routes: RouteTable;
  readonly #logger: Logger;
  readonly #unknown: Repeats;
  readonly #failures: Repeats;

  constructor(routes: RouteTable, logger: Logger) {
    this.#routes = routes;
    this.#logger = logger;
    this.#unknown = new Repeats();
    this.#failures = new Repeats();
  }

  /** How often each message without a controller came, by name. */
  get unknownMessages(): ReadonlyMap<string, number> {
    return this.#unknown.counts;
  }

  /** How often each failure came, by message and code. */
  get failures(): ReadonlyMap<string, number> {
    return this.#failures.counts;
  }

  readonly handler: Handler = (notify) => {
    const { index } = notify;
    const { messageCount } = index;
    let waiting: Waiting[] | undefined;
    for (let message = 0; message < messageCount; message++) {
      const route = this.#routes.find(index, message);
      if (route === undefined) {
        this.#reportUnknown(notify, message);
        continue;
      }
      const before = notify.writer.offset;
      try {
        const result = route.call(notify, message);
        if (isThenable(result)) {
          if (messageCount === 1) {
            if (route.isBound) notify.release();
            return new Finishing(this.#finishOne, notify, route, result);
          }
          waiting ??= [];
          waiting.push({ route, result });
          continue;
        }
        route.write(notify, result);
        if (waiting === undefined) continue;
        waiting.push({ route, result: undefined, actions: notify.writer.take(before) });
        notify.writer.offset = before;
      } catch (error) {
        notify.writer.offset = before;
        this.#fail(notify, route, error);
        if (waiting === undefined || notify.writer.offset === before) continue;
        waiting.push({ route, result: undefined, actions: notify.writer.take(before) });
        notify.writer.offset = before;
      }
    }
    if (waiting !== undefined) return this.#finish(notify, waiting);
  };

  /** Writes the result of the one message that most NOTIFYs have. */
  readonly #finishOne: Finish = (notify, route, rejected, value) => {
    if (notify.settled) return route.observer?.dropped();
    if (rejected) {
      this.#fail(notify, route, value);
      if (value instanceof DeadlineError) notify.abort(value);
      return;
    }
    const { writer } = notify;
    const before = writer.offset;
    try {
      route.write(notify, value);
    } catch (error) {
      writer.offset = before;
      this.#fail(notify, route, error);
    }
  };

  /** Has results written in the order of their messages, when all are there, or when nobody waits for the others any more. */
  async #finish(notify: NotifyContext, waiting: readonly Waiting[]): Promise<void> {
    let isWritten = false;
    notify.answerWith({
      write: (unfinished) => {
        isWritten = true;
        this.#write(notify, waiting, unfinished);
      },
    });
    await Promise.all(waiting.map(ending));
    if (notify.settled && !isWritten) tellDropped(waiting);
  }

  #write(notify: NotifyContext, waiting: readonly Waiting[], unfinished: Error | undefined): void {
    let late: DeadlineError | undefined;
    for (const { route, actions, outcome } of waiting) {
      const before = notify.writer.offset;
      try {
        if (actions !== undefined) notify.writer.raw(actions);
        else if (outcome?.status === 'fulfilled') route.write(notify, outcome.value);
        else throw outcome === undefined ? unfinished : outcome.reason;
      } catch (error) {
        notify.writer.offset = before;
        this.#fail(notify, route, error);
        if (error instanceof DeadlineError) late = error;
      }
    }
    // Not before: the other handlers of the NOTIFY share its signal.
    if (late !== undefined) notify.abort(late);
  }

  /** Writes what is set where a message fails: each part, as far as there is room for it. */
  #fail(notify: NotifyContext, route: Route, error: unknown): void {
    route.observer?.failed(error);
    this.#reportFailure(notify, route, error);
    const { writer } = notify;
    for (const write of route.failureWriters) {
      const before = writer.offset;
      try {
        write(notify, error);
      } catch (tooBig) {
        writer.offset = before;
        this.#reportFailure(notify, route, tooBig);
      }
    }
  }

  #reportUnknown({ index, peer }: NotifyContext, message: number): void {
    const start = index.messageNameStart(message);
    const name = index.bytes.toString('utf8', start, Math.min(index.messageNameEnd(message), start + MAX_LOGGED_NAME));
    if (!this.#unknown.isNew(name)) return;
    this.#logger.warn(
      { message: name, peer },
      'no controller for this message: it is skipped (said once, then counted)',
    );
  }

  #reportFailure({ peer, streamId, frameId }: NotifyContext, route: Route, error: unknown): void {
    const { where, message } = route.definition;
    const code = codeOf(error);
    const facts = { message: message.name, where, peer, streamId, frameId, err: error };
    const isNew = this.#failures.isNew(`${message.name} ${code}`);
    // A guard that says no does its work.
    if (error instanceof GuardDeniedError) return this.#logger.debug(facts, 'a guard let the message not pass');
    const sets = route.failureWriters.length === 0 ? 'no variables' : 'what its failure policy says';
    if (isNew) {
      this.#logger.error(facts, `the message failed and sets ${sets} (said once, then counted and logged at debug)`);
    } else this.#logger.debug(facts, `the message failed and sets ${sets}`);
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

function tellDropped(waiting: readonly Waiting[]): void {
  for (const { route, actions } of waiting) if (actions === undefined) route.observer?.dropped();
}

/** What a failure is counted by. Anything can be thrown, so nothing is taken for granted. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : error.name;
}

/** A stranger's name is cut before it goes into a log, in bytes. */
const MAX_LOGGED_NAME = 128;
