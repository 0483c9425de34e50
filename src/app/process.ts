/** Says something on standard error that is no failure. */
export function warn(message: string): void {
  console.error(`spoa: warning: ${message}`);
}

/**
 * Ends the process when everything is written: what the module of an application opened on import (a pool, a timer) must not
 * keep a command that has done its work.
 *
 * @param exitCode @default 0
 */
export async function leave(exitCode = 0): Promise<never> {
  process.exitCode = exitCode;
  for (const stream of [process.stdout, process.stderr])
    await new Promise<void>((done) => stream.write('', () => done()));
  process.exit();
}
