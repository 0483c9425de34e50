import { isThenable, Name, type NotifyContext } from '@spoa/core';
import { type Call, callHandler, type Handle } from '../arguments/call-handler.ts';
import { compilePipeline, writeWithFilters } from '../pipeline/compile-pipeline.ts';
import type { Deadlines } from '../pipeline/deadlines.ts';
import { type FailureWriter, failureWriters } from '../pipeline/failure-policy.ts';
import type { Pipeline } from '../pipeline/pipeline.ts';
import { DeadlineError } from '../pipeline/refusals.ts';
import type { MessageDefinition } from './message-definition.ts';

/** A message's handler as it runs: nothing is left to look up. */
export interface Route {
  readonly name: Name;
  readonly definition: MessageDefinition;
  readonly call: Call;
  /** Whether the handler has all that it reads when it is called, and nothing that reads the messages later. */
  readonly isBound: boolean;
  /** Writes what the handler returned as actions. */
  readonly write: (notify: NotifyContext, result: unknown) => void;
  /** Write what is set where the message fails. */
  readonly failureWriters: readonly FailureWriter[];
  /** There where somebody counts what becomes of messages. */
  readonly observer?: RouteObserver;
}

/** Is told what `call` and `write` do not show. */
export interface RouteObserver {
  /** The message failed, whatever of it did. */
  failed(error: unknown): void;
  /** The handler was done when nobody waited for the answer any more: the NOTIFY is settled. */
  dropped(): void;
}

export function compileRoute(definition: MessageDefinition, deadlines: Deadlines): Route {
  const { message, policy, pipeline, parameters, writeResult } = definition;
  const call =
    pipeline === undefined
      ? callHandler(definition.handle as Handle, parameters)
      : compilePipeline(definition, pipeline);
  const reads = pipeline !== undefined && !hasOnlyPipes(pipeline);
  const deadlineMs = policy?.deadlineMs;
  return {
    name: new Name(definition.message.name),
    definition,
    isBound: !reads && parameters.every(({ kind }) => kind !== 'args' && kind !== 'context'),
    call: deadlineMs === undefined ? call : limit(call, message.name, deadlineMs, deadlines),
    write: pipeline === undefined || pipeline.filters.length === 0 ? writeResult : writeWithFilters(writeResult),
    failureWriters: policy === undefined ? [] : failureWriters(policy),
  };
}

/** All others may read the message, whenever they like. */
function hasOnlyPipes({ guards, interceptors, filters }: Pipeline): boolean {
  return guards.length + interceptors.length + filters.length === 0;
}

/** A call whose promise is rejected when the deadline passes. What is there at once is there in time. */
function limit(call: Route['call'], message: string, deadlineMs: number, deadlines: Deadlines): Route['call'] {
  const limited = deadlines.limiter(message, deadlineMs, new DeadlineError(message, deadlineMs));
  return (notify, number) => {
    const result = call(notify, number);
    return isThenable(result) ? limited(result) : result;
  };
}
