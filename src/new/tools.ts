import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** `--no-frozen-lockfile`: on CI pnpm would refuse what a new application adds to the lock file. */
export const INSTALL = ['npx', '-y', 'pnpm@12', 'install', '--no-frozen-lockfile', '--prefer-offline'] as const;

/** Installs what the packages of the workspace depend on. @throws Error with what to do */
export async function install(workspace: string, signal: AbortSignal): Promise<void> {
  await run(INSTALL, workspace, signal, 'to do without: --no-install');
}

/** Formats a folder by the workspace's own rules, where its Biome is installed. @throws Error */
export async function format(workspace: string, path: string, signal: AbortSignal): Promise<void> {
  const biome = join(workspace, 'node_modules', '.bin', 'biome');
  if (!existsSync(biome)) return;
  const command = [biome, 'check', '--write', '--log-level=error', path] as const;
  await run(command, workspace, signal, 'the templates do not fit biome.json');
}

type Command = readonly [file: string, ...args: string[]];

/** Standard output stays for what the command itself has to say. */
async function run(command: Command, cwd: string, signal: AbortSignal, remedy: string): Promise<void> {
  const [file, ...args] = command;
  const child = spawn(file, args, { cwd, signal, stdio: ['ignore', process.stderr, process.stderr] });
  // To its end, also where it is interrupted: what it writes until then is to be taken back, too.
  const failure = await new Promise<Error | number | null>((resolve) => {
    child.once('error', (error) => child.once('close', () => resolve(error)));
    child.once('close', resolve);
  });
  if (failure === 0) return;
  const told = failure instanceof Error ? `: ${failure.message}` : '';
  throw new Error(`\`${command.join(' ')}\` failed${told}; nothing is left of the application (${remedy})`);
}
