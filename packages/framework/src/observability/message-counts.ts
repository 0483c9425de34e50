import { isThenable, type NotifyContext } from '@spoa/core';
import type { Route, RouteObserver } from '../routing/compile-route.ts';
import { Durations } from './durations.ts';

/**
 * What became of a message that has a controller:
 *
 * - `ok`: what its handler returned was written;
 * - `failed`: an argument, the handler or its result was at fault;
 * - `denied`: a guard said no;
 * - `deadline`: the handler was not done at its deadline;
 * - `abandoned`: the handler was done when nobody waited for the answer any more.
 */
export const OUTCOMES = ['ok', 'failed', 'denied', 'deadline', 'abandoned'] as const;

export type Outcome = (typeof OUTCOMES)[number];

/** Failures that are no fault, by their code. */
const OUTCOMES_BY_CODE: ReadonlyMap<unknown, Outcome> = new Map([
  ['SPOA_GUARD_DENIED', 'denied'],
  ['SPOA_DEADLINE_EXCEEDED', 'deadline'],
] as const);

/** The numbers of one message. */
export class MessageCounts implements RouteObserver {
  readonly message: string;
  readonly durations = new Durations();
  readonly outcomes: Record<Outcome, number> = { ok: 0, failed: 0, denied: 0, deadline: 0, abandoned: 0 };

  constructor(message: string) {
    this.message = message;
  }

  failed(error: unknown): void {
    const outcome = error instanceof Error ? OUTCOMES_BY_CODE.get((error as { code?: unknown }).code) : undefined;
    this.outcomes[outcome ?? 'failed']++;
  }

  dropped(): void {
    this.outcomes.abandoned++;
  }

  /** A route that does what `route` does and is counted. What is synchronous stays so. */
  around(route: Route): Route {
    return {
      ...route,
      observer: this,
      call: (notify, message) => this.#call(route, notify, message),
      write: (notify, result) => {
        route.write(notify, result);
        this.outcomes.ok++;
      },
    };
  }

  #call(route: Route, notify: NotifyContext, message: number): unknown {
    const startedAt = performance.now();
    let result: unknown;
    try {
      result = route.call(notify, message);
    } catch (error) {
      this.durations.add(performance.now() - startedAt);
      throw error;
    }
    if (isThenable(result)) return new TimedResult(this.durations, startedAt, result);
    this.durations.add(performance.now() - startedAt);
    return result;
  }
}

/** A handler's promise, timed where it settles: without a promise of its own, which would take turns. */
class TimedResult implements PromiseLike<unknown> {
  readonly #durations: Durations;
  readonly #startedAt: number;
  readonly #result: PromiseLike<unknown>;

  constructor(durations: Durations, startedAt: number, result: PromiseLike<unknown>) {
    this.#durations = durations;
    this.#startedAt = startedAt;
    this.#result = result;
  }

  // biome-ignore lint/suspicious/noThenProperty: to be awaited is all that it is for
  then<T = unknown, E = never>(
    fulfilled?: ((value: unknown) => T | PromiseLike<T>) | null,
    rejected?: ((reason: unknown) => E | PromiseLike<E>) | null,
  ): PromiseLike<T | E> {
    return this.#result.then(
      (value) => {
        this.#settled();
        return fulfilled == null ? (value as T) : fulfilled(value);
      },
      (error: unknown) => {
        this.#settled();
        if (rejected == null) throw error;
        return rejected(error);
      },
    );
  }

  #settled(): void {
    this.#durations.add(performance.now() - this.#startedAt);
  }
}
