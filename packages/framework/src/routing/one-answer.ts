import type { Answer, NotifyContext } from '@spoa/core';
import { DeadlineError } from '../pipeline/refusals.ts';
import type { Route } from './compile-route.ts';
import type { Failures } from './failures.ts';

/** Writes the result of the one message that most NOTIFYs have, when its handler took its time. */
export class OneAnswer implements Answer {
  readonly #route: Route;
  readonly #failures: Failures;

  constructor(route: Route, failures: Failures) {
    this.#route = route;
    this.#failures = failures;
  }

  write(notify: NotifyContext, rejected: boolean, value: unknown): void {
    if (rejected) {
      this.#fail(notify, value);
      if (value instanceof DeadlineError) notify.abort(value);
      return;
    }
    try {
      this.#route.write(notify, value);
    } catch (error) {
      this.#fail(notify, error);
    }
  }

  writeUnfinished(notify: NotifyContext, reason: Error): void {
    this.#fail(notify, reason);
  }

  /** What it set by itself is taken back too. */
  #fail(notify: NotifyContext, error: unknown): void {
    notify.clearActions();
    this.#failures.write(notify, this.#route, error);
  }

  dropped(): void {
    this.#route.observer?.dropped();
  }
}
