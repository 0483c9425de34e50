import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Agent, DiagnosticChannelName, DiagnosticEvents } from '@spoa/core';

type Subscriber = (event: unknown, name: string | symbol) => void;

/** What one agent publishes, out of all that the process does. */
export class AgentEvents {
  readonly #agent: Agent;
  readonly #subscribed: [name: DiagnosticChannelName, subscriber: Subscriber][] = [];

  constructor(agent: Agent) {
    this.#agent = agent;
  }

  on<Name extends DiagnosticChannelName>(name: Name, listener: (event: DiagnosticEvents[Name]) => void): void {
    const subscriber = (published: unknown): void => {
      const event = published as DiagnosticEvents[Name];
      const agent = 'agent' in event ? event.agent : event.connection.agent;
      if (agent === this.#agent) listener(event);
    };
    subscribe(name, subscriber);
    this.#subscribed.push([name, subscriber]);
  }

  stop(): void {
    for (const [name, subscriber] of this.#subscribed.splice(0)) unsubscribe(name, subscriber);
  }
}
