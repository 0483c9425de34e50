import { type Handler, isThenable, type Logger, type MessageIndex, type NotifyContext } from '@spoa/core';
import type { Route } from './compile-route.ts';
import { Failures } from './failures.ts';
import { OneAnswer } from './one-answer.ts';
import { Repeats } from './repeats.ts';
import { RouteTable } from './route-table.ts';
import { SeveralAnswers, type Waiting } from './several-answers.ts';

/** Gives each message of a NOTIFY to its route. A message that fails sets what its failure policy says; the others do as ever. */
export class Dispatcher {
  readonly #routes: RouteTable<Route & { readonly answer: OneAnswer }>;
  readonly #logger: Logger;
  readonly #unknown = new Repeats();
  readonly #failures: Failures;

  constructor(routes: readonly Route[], logger: Logger) {
    const failures = new Failures(logger);
    this.#routes = new RouteTable(routes.map((route) => ({ ...route, answer: new OneAnswer(route, failures) })));
    this.#logger = logger;
    this.#failures = failures;
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
    return index.messageCount === 1 ? this.#handleOne(notify, index) : this.#handleSeveral(notify, index);
  };

  #handleOne(notify: NotifyContext, index: MessageIndex): PromiseLike<unknown> | undefined {
    const route = this.#routes.find(index, 0);
    if (route === undefined) {
      this.#reportUnknown(notify, 0);
      return undefined;
    }
    try {
      const result = route.call(notify, 0);
      if (isThenable(result)) {
        if (route.isBound) notify.release();
        notify.answerWith(route.answer);
        return result;
      }
      route.write(notify, result);
    } catch (error) {
      notify.clearActions();
      this.#failures.write(notify, route, error);
    }
    return undefined;
  }

  #handleSeveral(notify: NotifyContext, index: MessageIndex): Promise<void> | undefined {
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
          waiting ??= [];
          waiting.push({ route, result });
          continue;
        }
        route.write(notify, result);
      } catch (error) {
        notify.writer.offset = before;
        this.#failures.write(notify, route, error);
      }
      if (waiting === undefined || notify.writer.offset === before) continue;
      waiting.push({ route, result: undefined, actions: notify.writer.take(before) });
      notify.writer.offset = before;
    }
    if (waiting === undefined) return undefined;
    const answers = new SeveralAnswers(waiting, this.#failures);
    notify.answerWith(answers);
    return answers.ended();
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
}

/** A stranger's name is cut before it goes into a log, in bytes. */
const MAX_LOGGED_NAME = 128;
