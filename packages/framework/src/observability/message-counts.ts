import { isThenable, type NotifyContext } from '@spoa/core';
import type { Route, RouteObserver } from '../routing/compile-route.ts';
import { Durations } from './durations.ts';
import { ObservedResult } from './observed-result.ts';

/**
 * What became of a message that has a controller:
 *
 * - `ok`: what its handler returned was written;
 * - `failed`: an argument, the handler or its result was at fault;
 * - `denied`: a guard said no;
 * - `deadline`: the handler was not done at its deadline;
 * - `abandoned`: the handler was done when nobody waited for the answer any more, or not when the agent closed.
 */
export const OUTCOMES = ['ok', 'failed', 'denied', 'deadline', 'abandoned'] as const;

export type Outcome = (typeof OUTCOMES)[number];

/** Failures that are no fault, by their code. */
const OUTCOMES_BY_CODE: ReadonlyMap<unknown, Outcome> = new Map([
  ['SPOA_GUARD_DENIED', 'denied'],
  ['SPOA_DEADLINE_EXCEEDED', 'deadline'],
  ['SPOA_AGENT_CLOSED', 'abandoned'],
] as const);

/** What became of a message that failed with `error`. */
export function outcomeOf(error: unknown): Outcome {
  const code = error instanceof Error ? (error as { code?: unknown }).code : undefined;
  return OUTCOMES_BY_CODE.get(code) ?? 'failed';
}

/** The numbers of one message. */
export class MessageCounts implements RouteObserver {
  readonly message: string;
  readonly durations = new Durations();
  readonly outcomes: Record<Outcome, number> = { ok: 0, failed: 0, denied: 0, deadline: 0, abandoned: 0 };

  constructor(message: string) {
    this.message = message;
  }

  failed(error: unknown): void {
    this.outcomes[outcomeOf(error)]++;
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
    if (isThenable(result)) {
      return new ObservedResult(result, () => this.durations.add(performance.now() - startedAt));
    }
    this.durations.add(performance.now() - startedAt);
    return result;
  }
}
