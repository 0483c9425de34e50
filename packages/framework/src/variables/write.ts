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
import { FrameworkError } from '../errors.ts';
import { type ResultProperty, resultProperties } from './result-class.ts';
import type { Settable } from './settable.ts';

/** Turns what a handler returned into actions of the ACK. */
export type ResultWriter = (notify: NotifyContext, result: unknown) => void;

type VariableWriter = (notify: NotifyContext, value: Settable) => void;

/**
 * Makes the function that sets one variable: what is the same in every ACK is encoded now.
 *
 * @throws SPOA_NAME_INVALID
 */
export function variableWriter(scope: Scope, name: string): VariableWriter {
  const set = encodeSetVarPrefix(scope, name);
  const unset = encodeUnsetVar(scope, name);
  return (notify, value) => {
    if (value === undefined) return;
    const { writer } = notify;
    const before = writer.offset;
    try {
      if (value === null) writer.raw(unset);
      else {
        writer.raw(set);
        writeTypedData(writer, value);
      }
      writer.checkLimit(0);
    } catch (error) {
      writer.offset = before;
      throw invalid(scope, name, error);
    }
  };
}

function invalid(scope: Scope, name: string, error: unknown): unknown {
  if (!(error instanceof SpoaError)) return error;
  return new FrameworkError('SPOA_VARIABLE_INVALID', `${scope} variable ${name}: ${error.message}`, {
    cause: error,
    facts: { scope, variable: name, reason: error.code },
  });
}

/** The writer of what a handler without `@SetVar` returns: nothing, a result class, or variables by scope. */
export function makeResultWriter(): ResultWriter {
  const writers = new WeakMap<object, ResultWriter>();
  return (notify, result) => {
    if (result === undefined || result === null) return;
    if (typeof result !== 'object' || isValue(result)) throw notVariables(result);
    const resultClass = result.constructor ?? Object;
    let write = writers.get(resultClass);
    if (write === undefined) {
      write = writerForClass(resultClass);
      writers.set(resultClass, write);
    }
    write(notify, result);
  };
}

function isValue(result: object): result is Extract<WritableValue, object> {
  return (
    result instanceof Typed || result instanceof IpAddress || result instanceof Uint8Array || Array.isArray(result)
  );
}

function writerForClass(resultClass: object): ResultWriter {
  const properties = resultProperties(resultClass);
  return properties.length > 0 ? classWriter(properties) : scopesWriter();
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
  const known = new Map<Scope, Map<string, VariableWriter>>(SCOPES.map((scope) => [scope, new Map()]));
  return (notify, result) => {
    for (const [scope, variables] of Object.entries(result as object)) {
      const writers = known.get(scope as Scope);
      if (writers === undefined) throw unknownScope(scope);
      for (const [name, value] of Object.entries((variables ?? {}) as Record<string, Settable>)) {
        let write = writers.get(name);
        if (write === undefined) {
          write = variableWriter(scope as Scope, name);
          // Names that a handler makes up as it goes must not fill the memory.
          if (writers.size < MAX_KEPT_WRITERS) writers.set(name, write);
        }
        write(notify, value);
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

function notVariables(result: unknown): FrameworkError {
  return new FrameworkError(
    'SPOA_RESULT_INVALID',
    `the handler returned a ${typeof result} that names no variable: use @SetVar, a class with @Var, or variables by scope`,
  );
}
