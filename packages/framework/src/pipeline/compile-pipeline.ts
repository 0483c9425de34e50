import { isThenable, type NotifyContext } from '@spoa/core';
import { bind } from '../arguments/bind.ts';
import type { MessageDefinition } from '../routing/message-definition.ts';
import { makeResultWriter, type ResultWriter } from '../variables/write.ts';
import { ExecutionContext } from './execution-context.ts';
import type { BoundPipe, Pipeline } from './pipeline.ts';

/** A part of the way to the handler, with all that comes behind it. Synchronous as long as all of it is. */
type Step = (context: ExecutionContext) => unknown;

type Handle = (...values: unknown[]) => unknown;

/** Makes one function of all that stands around a handler: filters around guards, around interceptors, around pipes. */
export function compilePipeline(
  { message, parameters, handle }: MessageDefinition,
  pipeline: Pipeline,
): (notify: NotifyContext, message: number) => unknown {
  const { controller, handler, guards, interceptors, pipes, filters } = pipeline;
  const views = parameters.flatMap((one, i) => (one.kind === 'arg' && one.type === 'view' ? [i] : []));
  const shape = { messageName: message.name, controller, handler, bindings: parameters.map(bind), views };
  let step = pipes.length === 0 ? handlerStep(handle as Handle) : pipesStep(pipes, handle as Handle);
  for (const interceptor of interceptors.toReversed()) step = interceptorStep(interceptor, step);
  if (guards.length > 0) step = guardsStep(guards, step);
  if (filters.length > 0) step = filtersStep(filters, step);
  if (views.length === 0) return (notify, number) => step(new ExecutionContext(shape, notify, number));
  return (notify, number) => {
    const context = new ExecutionContext(shape, notify, number);
    const result = step(context);
    if (isThenable(result)) context.keepViews();
    return result;
  };
}

function handlerStep(handle: Handle): Step {
  return (context) => handle(...context.getArgs());
}

function pipesStep(piped: Pipeline['pipes'], handle: Handle): Step {
  return (context) => {
    const values = context.getArgs().slice();
    for (let i = 0; i < piped.length; i++) {
      const { index, metadata, pipes } = piped[i] as Pipeline['pipes'][number];
      for (let j = 0; j < pipes.length; j++) {
        const value = (pipes[j] as BoundPipe).transform(values[index], metadata, context);
        if (isThenable(value)) return pipeLater(piped, handle, context, values, [i, j], value);
        values[index] = value;
      }
    }
    return handle(...values);
  };
}

/** Goes on where pipe `at[1]` of piped argument `at[0]` takes its time. */
async function pipeLater(
  piped: Pipeline['pipes'],
  handle: Handle,
  context: ExecutionContext,
  values: unknown[],
  at: readonly [argument: number, pipe: number],
  pending: PromiseLike<unknown>,
): Promise<unknown> {
  // Before anything is awaited: they are still what HAProxy sent.
  context.keepViewsIn(values);
  for (let [i, j] = at; i < piped.length; i++, j = 0) {
    const { index, metadata, pipes } = piped[i] as Pipeline['pipes'][number];
    for (; j < pipes.length; j++) {
      const isFirst = i === at[0] && j === at[1];
      values[index] = await (isFirst ? pending : (pipes[j] as BoundPipe).transform(values[index], metadata, context));
    }
  }
  return isForgotten(context) ? undefined : handle(...values);
}

function interceptorStep(interceptor: Pipeline['interceptors'][number], inner: Step): Step {
  return (context) => interceptor.intercept(context, () => inner(context));
}

function guardsStep(guards: Pipeline['guards'], inner: Step): Step {
  return (context) => {
    for (let i = 0; i < guards.length; i++) {
      const { guard, denied } = guards[i] as Pipeline['guards'][number];
      const allowed = guard.canActivate(context);
      if (isThenable(allowed)) return guardLater(guards, inner, context, i, allowed);
      if (!allowed) throw denied;
    }
    return inner(context);
  };
}

async function guardLater(
  guards: Pipeline['guards'],
  inner: Step,
  context: ExecutionContext,
  first: number,
  pending: PromiseLike<unknown>,
): Promise<unknown> {
  for (let i = first; i < guards.length; i++) {
    const { guard, denied } = guards[i] as Pipeline['guards'][number];
    if (!(await (i === first ? pending : guard.canActivate(context)))) throw denied;
  }
  return isForgotten(context) ? undefined : inner(context);
}

/** Nobody waits for the handler any more, which has not begun. */
function isForgotten({ notify }: ExecutionContext): boolean {
  return notify.settled;
}

/** What a filter answered: variables by scope, whatever the handler's own result would be. */
class FilterAnswer {
  readonly result: object;

  constructor(result: object) {
    this.result = result;
  }
}

/** Writes what a handler, or the filter that answered for it, has returned. */
export function writeWithFilters(write: ResultWriter): ResultWriter {
  const writeAnswer = makeResultWriter();
  return (target, result) => {
    if (result instanceof FilterAnswer) writeAnswer(target, result.result);
    else write(target, result);
  };
}

function filtersStep(filters: Pipeline['filters'], inner: Step): Step {
  const answer = (error: unknown, context: ExecutionContext): unknown => {
    for (const { filter, types } of filters) {
      if (types.length > 0 && !types.some((type) => error instanceof type)) continue;
      const result = filter.catch(error, context);
      return isThenable(result) ? result.then((settled) => conclude(settled, error)) : conclude(result, error);
    }
    throw error;
  };
  const answerLater = async (result: PromiseLike<unknown>, context: ExecutionContext): Promise<unknown> => {
    try {
      return await result;
    } catch (error) {
      return answer(error, context);
    }
  };
  return (context) => {
    try {
      const result = inner(context);
      return isThenable(result) ? answerLater(result, context) : result;
    } catch (error) {
      return answer(error, context);
    }
  };
}

/** A filter that has no answer leaves the failure what it is. */
function conclude(result: unknown, error: unknown): FilterAnswer {
  if (result === undefined || result === null) throw error;
  return new FilterAnswer(result as object);
}
