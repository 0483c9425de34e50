import type { NotifyContext } from '@spoa/core';
import { HANDLE } from '../metadata.ts';
import type { ExploredController } from './explore.ts';
import type { MessageDefinition } from './message-definition.ts';

type Handle = (...values: unknown[]) => unknown;

/** Gives `call` the controller's instance for a NOTIFY, and returns what `call` returns, or a promise of it. */
export type RunPerNotify = (notify: NotifyContext, call: (instance: object) => unknown) => unknown;

/** The definition of a controller that is not made once: something stands in for it that finds the instance of each NOTIFY. */
export function definePerNotify(explored: ExploredController, method: Handle, run: RunPerNotify): MessageDefinition {
  const standIn = {
    [HANDLE](...values: unknown[]): unknown {
      const notify = values.pop() as NotifyContext;
      return run(notify, (instance: { [HANDLE]?: Handle }) => (instance[HANDLE] ?? method).apply(instance, values));
    },
  };
  const definition = explored(standIn);
  // The NOTIFY comes behind what the method takes, so that its parameters keep their numbers.
  return { ...definition, parameters: [...definition.parameters, { kind: 'context' }] };
}
