import { open, readFile, rm, stat } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 100;
// Longer than a fetch takes with all its timeouts: whoever is older does not live any more, or lives elsewhere.
const STALE_AFTER_MS = 15 * 60_000;

/**
 * Runs `task` while no other process that asks for the same lock file runs its own; `onWait` is called once if it has to
 * wait. The lock saves work, correctness does not rest on it: where a lock is wrongly taken for stale, two processes do
 * the same work, and the last step of that work must be atomic.
 */
export async function withLock<T>(path: string, onWait: () => void, task: () => Promise<T>): Promise<T> {
  for (let waited = false; !(await acquire(path)); ) {
    if (await isStale(path)) {
      await rm(path, { force: true });
      continue;
    }
    if (!waited) onWait();
    waited = true;
    await delay(POLL_MS);
  }
  try {
    return await task();
  } finally {
    await rm(path, { force: true });
  }
}

async function acquire(path: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx');
    await file.writeFile(String(process.pid)).finally(() => file.close());
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

async function isStale(path: string): Promise<boolean> {
  try {
    const { mtimeMs } = await stat(path);
    if (Date.now() - mtimeMs > STALE_AFTER_MS) return true;
    const pid = Number(await readFile(path, 'utf8'));
    // Empty: its owner has just created it and is about to write its number.
    return pid > 0 && !isAlive(pid);
  } catch (error) {
    // Released meanwhile.
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
