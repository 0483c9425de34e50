import { type NotifyContext, Writer } from '@spoa/core';
import type { Variable } from '../decorators/variables.ts';
import type { BootFault } from '../errors.ts';
import type { VariablesByScope } from '../variables/settable.ts';
import { isObject, makeResultWriter, notVariables, variableWriter } from '../variables/write.ts';
import { reasonOf } from './failure-reason.ts';

/** What HAProxy gets where a message fails: for one message, or for all that do not say it themselves. */
export interface FailurePolicy {
  /** Variables by scope that are set whatever fails. They are encoded once, at boot. @default none */
  fallback?: VariablesByScope;
  /**
   * How long an asynchronous handler may take, with all that stands around it, in milliseconds from 1 to 2^31-1. Its ACK leaves
   * then without it, `notify.signal` fires, and what it returns later is dropped. A synchronous one cannot be interrupted.
   *
   * @default no limit
   */
  deadlineMs?: number;
  /** Whether a failure sets the fallback, or nothing. @default 'fallback' */
  onError?: 'fallback' | 'empty';
  /** A variable for the reason of a failure: `guard`, `deadline`, the error's own code, or `error`. @default none */
  errorVar?: Variable;
}

/** Writes a part of the answer to a failure. Who calls it takes back what it has written when it throws. */
export type FailureWriter = (notify: NotifyContext, error: unknown) => void;

export interface CompiledPolicy {
  readonly deadlineMs: number | undefined;
  readonly onError: FailurePolicy['onError'];
  readonly fallback: FailureWriter | undefined;
  readonly errorVar: FailureWriter | undefined;
}

const NO_POLICY: CompiledPolicy = {
  deadlineMs: undefined,
  onError: undefined,
  fallback: undefined,
  errorVar: undefined,
};

/** Encodes what a message says of its failures; where it says nothing, the application's own counts. */
export function compilePolicy(
  policy: FailurePolicy,
  where: string,
  faults: BootFault[],
  defaults: CompiledPolicy = NO_POLICY,
): CompiledPolicy {
  const { fallback, deadlineMs, onError, errorVar } = policy;
  const check = <T, Compiled>(option: keyof FailurePolicy, value: T, compile: (value: T) => Compiled) => {
    try {
      return compile(value);
    } catch (error) {
      const problem = `its ${option} cannot be kept: ${(error as Error).message}`;
      faults.push({ code: 'SPOA_BOOT_POLICY', where, problem, remedy: REMEDIES[option] });
      return undefined;
    }
  };
  return {
    deadlineMs: deadlineMs === undefined ? defaults.deadlineMs : check('deadlineMs', deadlineMs, checkDeadline),
    onError: onError === undefined ? defaults.onError : check('onError', onError, checkOnError),
    fallback: fallback === undefined ? defaults.fallback : check('fallback', fallback, compileFallback),
    errorVar: errorVar === undefined ? defaults.errorVar : check('errorVar', errorVar, compileErrorVar),
  };
}

/** What is written, one after the other, where a message fails. */
export function failureWriters({ onError, fallback, errorVar }: CompiledPolicy): FailureWriter[] {
  return [onError === 'empty' ? undefined : fallback, errorVar].filter((writer) => writer !== undefined);
}

const REMEDIES = {
  deadlineMs: 'give milliseconds, a little less than HAProxy waits for (`timeout processing`)',
  onError: "say 'fallback' or 'empty'",
  fallback: 'give values by scope and name: { session: { ip_score: 50 } }',
  errorVar: "give a name and a scope: { name: 'ip_error', scope: 'transaction' }",
} as const satisfies Record<keyof FailurePolicy, string>;

/** The longest that a timer takes, in milliseconds. */
const LONGEST = 2 ** 31 - 1;

function checkDeadline(deadlineMs: unknown): number {
  if (Number.isInteger(deadlineMs) && (deadlineMs as number) > 0 && (deadlineMs as number) <= LONGEST) {
    return deadlineMs as number;
  }
  throw new Error(
    `${typeof deadlineMs === 'number' ? deadlineMs : 'it'} is no number of milliseconds from 1 to 2^31-1`,
  );
}

function checkOnError(onError: unknown): FailurePolicy['onError'] {
  if (onError === 'fallback' || onError === 'empty') return onError;
  throw new Error(`there is no ${JSON.stringify(onError)}`);
}

function compileFallback(fallback: unknown): FailureWriter {
  if (!isObject(fallback)) throw notVariables(fallback);
  const writer = new Writer();
  makeResultWriter()({ writer }, fallback);
  const actions = writer.take();
  return (notify) => notify.writer.raw(actions);
}

function compileErrorVar(errorVar: Variable): FailureWriter {
  if (!isObject(errorVar)) throw new Error('it names no variable');
  const write = variableWriter(errorVar.scope, errorVar.name);
  return (notify, error) => write(notify, reasonOf(error));
}
