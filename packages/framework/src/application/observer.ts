import type { Agent } from '@spoa/core';
import type { Route } from '../routing/compile-route.ts';
import type { SpoaApplication } from './spoa-application.ts';

/**
 * - `starting`: hooks are to be called before messages may come;
 * - `ready`: it serves;
 * - `closing`: `close` was called: messages are answered still;
 * - `closed`.
 */
export type ApplicationState = 'starting' | 'ready' | 'closing' | 'closed';

/** What an observer is given of the application that it looks at. */
export interface Observed {
  readonly app: SpoaApplication;
  readonly agent: Agent;
}

/** Looks on while an application works: see `@spoa/framework/observability`. It serves one application. */
export interface ApplicationObserver {
  /** Sees each message's route before it is put to use, and says what is put to use instead. */
  route(route: Route): Route;
  /** Everything is made. */
  attach(observed: Observed): void;
  /** Before the first hook of the start. What it rejects with stops the start. */
  start(): Promise<void>;
  /** Nothing is left of the application. Called once, whether it was started or not. Never rejects. */
  stop(): Promise<void>;
}
