import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** Built by `npm test` before it starts. */
const MAIN = fileURLToPath(new URL('../../benchmarks/dist/micro/allocation/main.js', import.meta.url));

/** Collections on demand only, as far as counted garbage goes: a young generation of 16 MB has room for it. */
const NODE_FLAGS = ['--expose-gc', '--min-semi-space-size=16', '--max-semi-space-size=16'];

/** For one count on a machine that is busy with other things; it takes a few seconds on an idle one. */
export const TIMEOUT_MS = 120_000;

const run = promisify(execFile);

/** Counts in a process of its own, where nothing else allocates: `npm run build`, then MAIN with `--help` says what. */
export async function measure<Report>(...args: readonly (string | number)[]): Promise<Report> {
  const { stdout } = await run(process.execPath, [...NODE_FLAGS, MAIN, ...args.map(String)], { timeout: TIMEOUT_MS });
  return JSON.parse(stdout) as Report;
}
