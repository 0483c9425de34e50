import type { StandardSchemaV1 } from '@standard-schema/spec';
import { expect } from 'vitest';
import { FrameworkError } from '../../src/index.ts';

/** Anything but the errors of this package is a bug, whatever a helper is given. */
export function outcomeOf<T>(run: () => T): { value: T } | { error: FrameworkError } {
  try {
    return { value: run() };
  } catch (error) {
    expect(error).toBeInstanceOf(FrameworkError);
    return { error: error as FrameworkError };
  }
}

/** The error that a helper throws. */
export function errorOf(run: () => unknown): FrameworkError {
  const outcome = outcomeOf(run);
  if ('error' in outcome) return outcome.error;
  throw new Error('it was expected to throw');
}

/** What a schema makes of a value: the value, or the first issue's message. */
export function validated<Output>(schema: StandardSchemaV1<unknown, Output>, value: unknown): Output | string {
  const result = schema['~standard'].validate(value);
  if (result instanceof Promise) throw new Error('a parse helper is synchronous');
  return result.issues === undefined ? result.value : (result.issues[0]?.message ?? '');
}
