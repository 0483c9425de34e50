import type { ApplicationObserver } from '@spoa/framework';

type Route = Parameters<ApplicationObserver['route']>[0];
type Observed = Parameters<ApplicationObserver['attach']>[0];

/** What is known of a message that the application answers. */
export type KnownMessage = Route['definition'];

/** A message that failed: HAProxy got its fallback, or nothing. */
export interface MessageFailure {
  readonly message: string;
  /** What was thrown: by the handler, by what stands around it, or by the framework (a guard that said no, a deadline). */
  readonly error: unknown;
}

/** Looks on for a test, beside the observer that the application may have. */
export class Failures implements ApplicationObserver {
  readonly all: MessageFailure[] = [];
  /** What the application answers, by name. */
  readonly messages: Map<string, KnownMessage> = new Map();
  readonly #other: ApplicationObserver | undefined;

  constructor(other: ApplicationObserver | undefined) {
    this.#other = other;
  }

  route(given: Route): Route {
    const route = this.#other?.route(given) ?? given;
    const message = route.definition.message.name;
    this.messages.set(message, route.definition);
    const observer = {
      failed: (error: unknown) => {
        this.all.push({ message, error });
        route.observer?.failed(error);
      },
      dropped: () => route.observer?.dropped(),
    };
    return { ...route, observer };
  }

  attach(observed: Observed): void {
    this.#other?.attach(observed);
  }

  async start(): Promise<void> {
    await this.#other?.start();
  }

  async stop(): Promise<void> {
    await this.#other?.stop();
  }
}
