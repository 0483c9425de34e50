import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cpuSeconds } from '../proc.ts';
import { freePort, Processor, Program, type Target } from '../processes.ts';
import type { Contender } from './contenders.ts';

/** A contender's agent, alone in its process. */
export class AgentProcess implements AsyncDisposable {
  /** Where it listens, as HAProxy's `server` line has it. */
  readonly address: string;
  readonly #target: Target;
  readonly #program: Program;

  private constructor(target: Target, program: Program) {
    this.address = 'path' in target ? `unix@${target.path}` : `127.0.0.1:${target.port}`;
    this.#target = target;
    this.#program = program;
  }

  /** Starts it and waits until it listens. @param folder for its unix socket */
  static async start({ name, transport, command }: Contender, folder: string): Promise<AgentProcess> {
    const target = transport === 'unix' ? { path: join(folder, `${name}.sock`) } : { port: await freePort() };
    const words = command('path' in target ? target.path : String(target.port));
    const agent = new AgentProcess(target, await Program.start(words, Processor.BOTH, 'ignore'));
    try {
      await agent.#program.listening(target);
      agent.#program.check();
    } catch (error) {
      await agent[Symbol.asyncDispose]();
      throw error;
    }
    return agent;
  }

  /** CPU time used so far, in seconds. */
  cpuSeconds(): number {
    this.#program.check();
    return cpuSeconds(this.#program.pid);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // They hold nothing that is worth a goodbye, and peers may not know SIGTERM.
    await this.#program.stop('SIGKILL');
    // Its socket stays behind, and the next of this name is to listen there.
    if ('path' in this.#target) await rm(this.#target.path, { force: true });
  }
}
