import { spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { HaproxyError } from './errors.ts';

/** How an external command is run. */
export interface CommandOptions {
  /** The command is killed after this time. */
  readonly timeoutMs: number;
  readonly cwd?: string;
  /** Added to the environment of this process. */
  readonly env?: Readonly<Record<string, string>>;
}

/** What a command printed. */
export interface CommandOutput {
  readonly stdout: string;
  /** stdout and stderr, in the order they came. */
  readonly output: string;
}

// Enough for any error text; a command that floods its output must not fill our memory.
const MAX_OUTPUT = 64 * 1024;
// Package metadata is read from stdout whole.
const MAX_STDOUT = 16 * 1024 * 1024;

/**
 * Runs a command to its end.
 *
 * @throws HaproxyError HAPROXY_COMMAND when it can't be started, ends with another code than 0, or takes too long; the
 * message carries the command line and what it printed.
 */
export function runCommand(
  command: string,
  args: readonly string[],
  { timeoutMs, cwd, env }: CommandOptions,
): Promise<CommandOutput> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      ...(cwd === undefined ? {} : { cwd }),
      // Messages are matched and shown: untranslated. No question may wait for an answer: no stdin.
      env: { ...process.env, LC_ALL: 'C', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let output = '';
    const fail = (what: string, cause?: Error): void => {
      clearTimeout(timer);
      const shown = [command, ...args].join(' ');
      reject(
        new HaproxyError('HAPROXY_COMMAND', `${shown}: ${what}${output === '' ? '' : `\n${output.trimEnd()}`}`, {
          ...(cause === undefined ? {} : { cause }),
        }),
      );
    };
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      // A grandchild may still hold the pipes: the answer does not wait for it.
      child.stdout.destroy();
      child.stderr.destroy();
      fail(`still running after ${timeoutMs} ms, killed`);
    }, timeoutMs);
    const collect = (text: string): void => {
      output = (output + text).slice(-MAX_OUTPUT);
    };
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (stdout.length < MAX_STDOUT) stdout += text;
      collect(text);
    });
    child.stderr.setEncoding('utf8').on('data', collect);
    child.once('error', (error) => fail(error.message, error));
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      if (code === 0) resolve({ stdout, output });
      else fail(code === null ? `ended by ${signal}` : `exit code ${code}`);
    });
  });
}

/** The path of an executable that PATH leads to, looked up as a shell does; undefined when there is none. */
export async function findExecutable(name: string): Promise<string | undefined> {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    if (folder === '') continue;
    const path = join(folder, name);
    try {
      await access(path, constants.X_OK);
      if ((await stat(path)).isFile()) return path;
    } catch {
      // Not here; the next folder may have it.
    }
  }
  return undefined;
}
