import {
  encodeSetVarPrefix,
  encodeUnsetVar,
  IpAddress,
  type NotifyContext,
  SCOPES,
  type Scope,
  SpoaError,
  Typed,
  type WritableValue,
  writeTypedData,
} from '@spoa/core';
import type { Class } from '../class.ts';
import { FrameworkError } from '../errors.ts';
import { nameOf } from '../metadata.ts';
import { type ResultProperty, resultProperties } from './result-class.ts';
import type { Settable } from './settable.ts';

/** Turns what a handler returned into actions of the ACK. Who calls it takes back what it has written when it throws. */
export type ResultWriter = (target: Target, result: unknown) => void;

type VariableWriter = (target: Target, value: Settable) => void;

/** What actions are written into: a NOTIFY, or bytes that are kept for many. */
type Target = Pick<NotifyContext, 'writer'>;

/**
 * Makes the function that sets one variable: what is the same in every ACK is encoded now.
 *
 * @throws SPOA_NAME_INVALID
 */
export function variableWriter(scope: Scope, name: string): VariableWriter {
  const set = encodeSetVarPrefix(scope, name);
  const unset = encodeUnsetVar(scope, name);
  return ({ writer }, value) => {
    if (value === undefined) return;
    try {
      if (value === null) return writer.raw(unset);
      writer.raw(set);
      writeTypedData(writer, value);
    } catch (error) {
      throw invalid(scope, name, error);
    }
  };
}

function invalid(scope: Scope, name: string, error: unknown): unknown {
  if (!(error instanceof SpoaError)) return error;
  const message = `${scope} variable ${name}: ${error.message}`;
  const facts = { scope, variable: name };
  // Nothing is wrong with the value: there is no room for it.
  if (error.code === 'SPOA_ACK_TOO_BIG') return new SpoaError('SPOA_ACK_TOO_BIG', message, { cause: error, facts });
  // Without a cause: it would say the same again, and loggers write both.
  return new FrameworkError('SPOA_VARIABLE_INVALID', message, { facts: { ...facts, reason: error.code } });
}

/** The writer of what a handler without `@SetVar` returns: nothing, a result class, or variables by scope. */
export function makeResultWriter(): ResultWriter {
  const writers = new WeakMap<object, ResultWriter>();
  return (notify, result) => {
    if (result === undefined || result === null) return;
    if (!isObject(result)) throw notVariables(result);
    const prototype = prototypeOf(result);
    let write = writers.get(prototype);
    if (write === undefined) {
      write = writerForPrototype(prototype);
      writers.set(prototype, write);
    }
    write(notify, result);
  };
}

/** Whether it can hold variables, for all that its type says. */
export function isObject(result: unknown): result is object {
  return typeof result === 'object' && result !== null && !isValue(result);
}

function isValue(result: object): result is Extract<WritableValue, object> {
  return (
    result instanceof Typed || result instanceof IpAddress || result instanceof Uint8Array || Array.isArray(result)
  );
}

function prototypeOf(result: object): object {
  return (Object.getPrototypeOf(result) as object | null) ?? Object.prototype;
}

function writerForPrototype(prototype: object): ResultWriter {
  const properties = resultProperties(prototype);
  if (properties.length > 0) return classWriter(properties);
  const isPlain = Object.getPrototypeOf(prototype) === null;
  if (isPlain) return scopesWriter();
  return (_notify, result) => {
    throw notVariables(result);
  };
}

function classWriter(properties: readonly ResultProperty[]): ResultWriter {
  const variables = properties.map(({ property, scope, name }) => ({ property, write: variableWriter(scope, name) }));
  return (notify, result) => {
    for (const { property, write } of variables) write(notify, (result as Record<string, Settable>)[property]);
  };
}

const MAX_KEPT_WRITERS = 256;

/** `{ session: { ip_score: 10 }, transaction: { ... } }` */
function scopesWriter(): ResultWriter {
  const known = new Map<string, Map<string, VariableWriter>>(SCOPES.map((scope) => [scope, new Map()]));
  return (notify, result) => {
    // Keys and not entries: no list is made for each of them.
    for (const scope of Object.keys(result as object)) {
      const variables = (result as Record<string, unknown>)[scope];
      const writers = known.get(scope);
      if (writers === undefined) throw unknownScope(scope);
      if (variables === undefined || variables === null) continue;
      if (!isObject(variables)) throw notGrouped(scope as Scope);
      for (const name of Object.keys(variables)) {
        let write = writers.get(name);
        if (write === undefined) {
          write = variableWriter(scope as Scope, name);
          // Names that a handler makes up as it goes must not fill the memory.
          if (writers.size < MAX_KEPT_WRITERS) writers.set(name, write);
        }
        write(notify, (variables as Record<string, Settable>)[name]);
      }
    }
  };
}

function unknownScope(scope: string): FrameworkError {
  return new FrameworkError(
    'SPOA_RESULT_INVALID',
    `the handler returned an object with the key ${JSON.stringify(scope)}: variables are grouped by ${SCOPES.join(', ')}`,
  );
}

function notGrouped(scope: Scope): FrameworkError {
  return new FrameworkError(
    'SPOA_RESULT_INVALID',
    `the handler returned no variables under the key ${scope}: it takes an object of values by name`,
  );
}

/** The error for a result that is no result at all. It tells what kind of thing it is, never its value. */
export function notVariables(result: unknown): FrameworkError {
  const kind =
    typeof result === 'object' && result !== null ? nameOf(prototypeOf(result).constructor as Class) : typeof result;
  return new FrameworkError(
    'SPOA_RESULT_INVALID',
    `the handler returned a ${kind}, which names no variable: use @SetVar, a class with @Var, or variables by scope`,
  );
}
