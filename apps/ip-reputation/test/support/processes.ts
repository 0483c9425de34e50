import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';

const dist = (file: string): string => fileURLToPath(new URL(`../../dist/${file}`, import.meta.url));

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Environment without what would lead a command to another database. */
function cleanEnvironment(more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const rest = Object.entries(process.env).filter(([name]) => !/^(DATABASE_URL$|IP_REPUTATION_)/.test(name));
  return { ...Object.fromEntries(rest), NODE_OPTIONS: '', ...more };
}

/** Runs the built `ip-reputation` command, in a folder without `.env` unless `cwd` names another. */
export function runCli(
  args: readonly string[],
  input = '',
  environment: NodeJS.ProcessEnv = {},
  cwd = tmpdir(),
): Promise<Finished> {
  const child = spawn(process.execPath, [dist('main.js'), ...args], { cwd, env: cleanEnvironment(environment) });
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  return finish(child);
}

/** Runs a module that has everything of the built package as `app`. Its first line of output resolves `said`. */
export function runScript(body: string): { child: ChildProcess; said: Promise<string>; finished: Promise<Finished> } {
  const code = `import * as app from ${JSON.stringify(dist('index.js'))};\n${body}`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { env: cleanEnvironment() });
  const said = new Promise<string>((resolve, reject) => {
    child.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString().trim()));
    child.once('close', () => reject(new Error('the script ended without a word')));
  });
  said.catch(() => {});
  return { child, said, finished: finish(child) };
}

async function finish(child: ChildProcess): Promise<Finished> {
  const output = { stdout: '', stderr: '' };
  child.stdout?.on('data', (chunk) => {
    output.stdout += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    output.stderr += chunk;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...output };
}
