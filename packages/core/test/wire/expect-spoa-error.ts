import { expect } from 'vitest';
import { ERRORS, SpoaError, type SpoaErrorCode } from '../../src/index.ts';

/** Runs `action`, expects a `SpoaError` with this code and the status that belongs to it, and returns it. */
export function expectSpoaError(code: SpoaErrorCode, action: () => unknown): SpoaError {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(SpoaError);
    const { code: actual, status } = error as SpoaError;
    expect({ code: actual, status }).toEqual({ code, status: ERRORS[code].status });
    return error as SpoaError;
  }
  return expect.fail(`${code} was expected, nothing was thrown`);
}
