import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { onTestFinished } from 'vitest';
import type { Agent, DiagnosticChannelName, DiagnosticEvents } from '../../../src/index.ts';

type Listener = (event: unknown, name: string | symbol) => void;

/** Subscribes until the test ends. */
export function observe<Name extends DiagnosticChannelName>(
  name: Name,
  listener: (event: DiagnosticEvents[Name]) => void,
): void {
  subscribe(name, listener as Listener);
  onTestFinished(() => {
    unsubscribe(name, listener as Listener);
  });
}

/** All that an agent publishes on these channels, in order, until the test ends: others run beside it. */
export function recordEvents<Name extends DiagnosticChannelName>(
  agent: () => Agent,
  ...names: readonly Name[]
): { name: Name; event: DiagnosticEvents[Name] }[] {
  const events: { name: Name; event: DiagnosticEvents[Name] }[] = [];
  for (const name of names) {
    observe(name, (event) => {
      const about = 'agent' in event ? event.agent : event.connection.agent;
      if (about === agent()) events.push({ name, event });
    });
  }
  return events;
}
