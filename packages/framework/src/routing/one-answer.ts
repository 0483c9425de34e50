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
      this.#failures.write(notify, this.#route, value);
      if (value instanceof DeadlineError) notify.abort(value);
      return;
    }
    try {
      this.#route.write(notify, value);
    } catch (error) {
      notify.clearActions();
      this.#failures.write(notify, this.#route, error);
    }
  }

  writeUnfinished(notify: NotifyContext, reason: Error): void {
    this.#failures.write(notify, this.#route, reason);
  }

  dropped(): void {
    this.#route.observer?.dropped();
  }
}
