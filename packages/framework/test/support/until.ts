import { setImmediate as turn } from 'node:timers/promises';

const DEADLINE_MS = 10_000;

/** Waits until `condition` holds; fails with `what` when it does not within ten seconds. */
export async function until(what: string, condition: () => boolean): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`waited in vain for ${what}`);
    await turn();
  }
}
