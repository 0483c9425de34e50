import { type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
/** The command as `npm test` builds it. */
export const MAIN = fileURLToPath(new URL('../../../dist/main.js', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end; what npm, CI and whoever tests have in their environment is not handed on. */
export async function run(
  program: string,
  args: readonly string[],
  { env = {}, ...options }: SpawnOptions & { readonly env?: Record<string, string> } = {},
): Promise<Ended> {
  const inherited = Object.entries(process.env).filter(([name]) => !/^npm_|^(NO|FORCE)_COLOR$|^NODE_|^CI$/.test(name));
  const child = spawn(program, args, {
    ...options,
    env: { ...Object.fromEntries(inherited), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      ended[name] += text;
    });
  }
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...ended };
}

/** Runs `spoa` in a folder. */
export function spoa(cwd: string, ...args: readonly string[]): Promise<Ended> {
  return run(process.execPath, [MAIN, ...args], { cwd });
}
