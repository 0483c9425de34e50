import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import { SpoaError, type SpoaErrorCode } from '../../../src/index.ts';

/** Waits until `condition` holds; fails with `what` when it does not within ten seconds. */
export async function until(what: string, condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`waited in vain for ${what}`);
    await delay(2);
  }
}

/** The `SpoaError` with this code that `promise` rejects with. */
export async function rejection(code: SpoaErrorCode, promise: Promise<unknown>): Promise<SpoaError> {
  const error = await promise.then(
    (value) => expect.fail(`${code} was expected, not ${JSON.stringify(value)}`),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(SpoaError);
  expect(error).toMatchObject({ code });
  return error as SpoaError;
}
