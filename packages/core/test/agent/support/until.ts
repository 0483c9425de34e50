import { setTimeout as delay } from 'node:timers/promises';

const DEADLINE_MS = 10_000;

/** Waits until `condition` holds. Fails with `what` when it does not within ten seconds. */
export async function until(what: string, condition: () => boolean): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`waited in vain for ${what}`);
    await delay(5);
  }
}

/** `promise`, or an error that names `what` after ten seconds. */
export async function within<T>(what: string, promise: Promise<T>): Promise<T> {
  const timer = new AbortController();
  const tooLate = delay(DEADLINE_MS, undefined, { signal: timer.signal }).then(() => {
    throw new Error(`waited in vain for ${what}`);
  });
  try {
    return await Promise.race([promise, tooLate]);
  } finally {
    tooLate.catch(() => undefined);
    timer.abort();
  }
}

/** A promise that a test settles when it likes. */
export interface Deferred<T = void> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
  reject(reason: unknown): void;
}

export function deferred<T = void>(): Deferred<T> {
  let resolve!: (value: T) => void;
  let reject!: (reason: unknown) => void;
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}
