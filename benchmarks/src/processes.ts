import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { connect, createServer } from 'node:net';
import { availableParallelism } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

/** What is measured runs on one processor, what measures it on another; behind HAProxy all share both. */
export const Processor = { SERVER: '0', GENERATOR: '1', BOTH: '0,1' } as const;

export type Processor = (typeof Processor)[keyof typeof Processor];

const START_TIMEOUT_MS = 10_000;

const children = new Set<ChildProcess>();

/** Kills whatever runs still: they are processes of ours, and have nothing to lose. */
export function killAll(): void {
  for (const child of children) child.kill('SIGKILL');
}

/** Whether processes are kept on one processor each. */
export const isPinned: boolean = availableParallelism() > 1 && isOnPath('taskset');

function isOnPath(program: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** A program that runs until it ends or is stopped. */
export class Program {
  readonly pid: number;
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string> | undefined;
  readonly #name: string;

  private constructor(command: readonly string[], child: ChildProcess) {
    this.#name = command.join(' ');
    this.#child = child;
    this.pid = child.pid as number;
    const { stdout } = child;
    this.#lines = stdout === null ? undefined : createInterface({ input: stdout })[Symbol.asyncIterator]();
  }

  /**
   * @param processor any, where none is given
   * @param output `ignore` where nobody asks for its lines: it must not wait for that
   */
  static async start(
    command: readonly string[],
    processor: Processor | undefined,
    output: 'pipe' | 'ignore' = 'pipe',
  ): Promise<Program> {
    const bound = isPinned && processor !== undefined;
    const [file = '', ...args] = bound ? ['taskset', '-c', processor, ...command] : command;
    const child = spawn(file, args, { stdio: ['ignore', output, 'inherit'] });
    children.add(child);
    child.once('exit', () => children.delete(child));
    child.once('error', () => children.delete(child));
    await once(child, 'spawn');
    return new Program(command, child);
  }

  /** Waits until it takes connections. */
  async listening(target: Target): Promise<void> {
    const deadline = performance.now() + START_TIMEOUT_MS;
    while (!(await accepts(target))) {
      this.check();
      if (performance.now() > deadline) throw new Error(`it does not listen: ${this.#name}`);
      await delay(10);
    }
  }

  /** Throws when it has ended. */
  check(): void {
    if (this.#hasEnded) throw new Error(`it has ended: ${this.#name}`);
  }

  /** The next line that it prints. */
  async line(): Promise<string> {
    const { done, value } = (await this.#lines?.next()) ?? { done: true };
    if (done === true) throw new Error(`it ended without a word: ${this.#name}`);
    return value;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    if (this.#hasEnded) return;
    this.#child.kill(signal);
    // A contender that drains its connections has none left; one that hangs is not waited for.
    const patience = setTimeout(() => this.#child.kill('SIGKILL'), START_TIMEOUT_MS);
    await once(this.#child, 'exit');
    clearTimeout(patience);
  }

  get #hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }
}

/** Starts a program, on any processor where none is given, and stops it after `use`. */
export async function withProgram<T>(
  command: readonly string[],
  processor: Processor | undefined,
  use: (program: Program) => Promise<T>,
): Promise<T> {
  const program = await Program.start(command, processor);
  try {
    return await use(program);
  } finally {
    await program.stop();
  }
}

/** Where a program listens: a port on loopback, or a unix socket. */
export type Target = { readonly path: string } | { readonly port: number };

/** Whether somebody takes connections there. */
export async function accepts(target: Target): Promise<boolean> {
  const socket = connect('path' in target ? target : { ...target, host: '127.0.0.1' });
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new Error('no port to be had');
  return address.port;
}
