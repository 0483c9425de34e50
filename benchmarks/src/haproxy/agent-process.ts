import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { cpuSeconds } from '../proc.ts';
import { accepts, freePort, type Target } from '../processes.ts';
import type { Contender } from './contenders.ts';
import { onProcessors } from './processors.ts';

const START_TIMEOUT_MS = 10_000;
const POLL_MS = 20;

/** A contender's agent, alone in its process. */
export class AgentProcess implements AsyncDisposable {
  /** Where it listens, as HAProxy's `server` line has it. */
  readonly address: string;
  readonly #name: string;
  readonly #target: Target;
  readonly #child: ChildProcess;

  private constructor(name: string, target: Target, child: ChildProcess) {
    this.address = 'path' in target ? `unix@${target.path}` : `127.0.0.1:${target.port}`;
    this.#name = name;
    this.#target = target;
    this.#child = child;
  }

  /** Starts it and waits until it listens. @param folder for its unix socket */
  static async start({ name, transport, command }: Contender, folder: string): Promise<AgentProcess> {
    const target = transport === 'unix' ? { path: join(folder, `${name}.sock`) } : { port: await freePort() };
    const [file, args] = onProcessors(command('path' in target ? target.path : String(target.port)));
    const child = spawn(file, args, { stdio: ['ignore', 'ignore', 'inherit'] });
    const agent = new AgentProcess(name, target, child);
    try {
      await Promise.all([once(child, 'spawn'), agent.#listening()]);
    } catch (error) {
      await agent[Symbol.asyncDispose]();
      throw error;
    }
    return agent;
  }

  async #listening(): Promise<void> {
    const deadline = Date.now() + START_TIMEOUT_MS;
    while (!(await accepts(this.#target))) {
      this.#check();
      if (Date.now() > deadline) throw new Error(`the agent "${this.#name}" does not listen on ${this.address}`);
      await delay(POLL_MS);
    }
    this.#check();
  }

  #check(): void {
    const { exitCode, signalCode } = this.#child;
    if (exitCode !== null || signalCode !== null) throw new Error(`the agent "${this.#name}" has ended`);
  }

  /** CPU time used so far, in seconds. */
  cpuSeconds(): number {
    this.#check();
    return cpuSeconds(this.#child.pid as number);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const child = this.#child;
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    // They hold nothing that is worth a goodbye, and peers may not know SIGTERM.
    child.kill('SIGKILL');
    await exited;
    // Its socket stays behind, and the next of this name is to listen there.
    if ('path' in this.#target) await rm(this.#target.path, { force: true });
  }
}
