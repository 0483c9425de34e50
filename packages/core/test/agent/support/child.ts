import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { onTestFinished } from 'vitest';
import { temporaryFolder } from './transports.ts';

const PROGRAM = join(dirname(fileURLToPath(import.meta.url)), 'agent-program.ts');

/** An agent in a process of its own, from source: for what a process does as a whole. */
export class ChildAgent {
  readonly process: ChildProcess;
  /** What the program has printed. */
  output = '';

  private constructor(child: ChildProcess) {
    this.process = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.output += chunk.toString();
      });
    }
  }

  /** @param fd a listening socket that becomes the program's file descriptor 3 */
  static async start(mode: string, options: { fd?: number; maxFiles?: number } = {}): Promise<ChildAgent> {
    const outDir = temporaryFolder();
    await build({
      configFile: false,
      logLevel: 'silent',
      build: { ssr: PROGRAM, outDir, emptyOutDir: false, rollupOptions: { output: { entryFileNames: 'agent.mjs' } } },
    });
    const command = [process.execPath, join(outDir, 'agent.mjs'), mode];
    const limited =
      options.maxFiles === undefined
        ? command
        : ['sh', '-c', `ulimit -n ${options.maxFiles}; exec "$@"`, 'sh', ...command];
    const child = spawn(limited[0] as string, limited.slice(1), {
      stdio: ['ignore', 'pipe', 'pipe', options.fd ?? 'ignore'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    return new ChildAgent(child);
  }

  /** How the process ended: its exit code or signal. */
  async ended(): Promise<number | string | null> {
    if (this.process.exitCode === null && this.process.signalCode === null) await once(this.process, 'exit');
    return this.process.exitCode ?? this.process.signalCode;
  }
}
