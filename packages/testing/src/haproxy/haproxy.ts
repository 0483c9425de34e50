import type { ChildProcess } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { sendCommand } from './cli.ts';
import { type HaproxyFile, logTail, numbered } from './describe.ts';
import { HaproxyError, messageOf } from './errors.ts';
import { guardProcess } from './guard.ts';
import type { HaproxyInstallation } from './installation.ts';
import type { HaproxyLog, WaitForLogOptions } from './log.ts';

/** How HAProxy ended: one of the two is set. */
export interface HaproxyExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** How long {@link Haproxy.stop} gives each way of stopping. */
export interface StopOptions {
  /** For requests in flight, after the soft stop (SIGUSR1). @default 1000 */
  readonly softMs?: number;
  /** After SIGTERM, before SIGKILL. @default 2000 */
  readonly termMs?: number;
}

export interface HaproxyParts {
  readonly installation: HaproxyInstallation;
  readonly child: ChildProcess;
  readonly folder: string;
  readonly cliSocket: string;
  readonly files: readonly HaproxyFile[];
  readonly ports: ReadonlyMap<string, number>;
  readonly log: HaproxyLog;
}

/** A running HAProxy, made by {@link startHaproxy}. `await using` stops it at the end of the block. */
export class Haproxy implements AsyncDisposable {
  readonly installation: HaproxyInstallation;
  /** The temporary folder that holds its configuration and its sockets; removed by {@link stop}. */
  readonly folder: string;
  readonly pid: number;
  /** Fulfilled when the process has ended and its output has been read, by {@link stop} or on its own. */
  readonly exited: Promise<HaproxyExit>;
  readonly #child: ChildProcess;
  readonly #cliSocket: string;
  readonly #files: readonly HaproxyFile[];
  readonly #ports: ReadonlyMap<string, number>;
  readonly #log: HaproxyLog;
  #exit: HaproxyExit | undefined;
  #stopping: Promise<void> | undefined;

  constructor(parts: HaproxyParts) {
    const { child } = parts;
    if (child.pid === undefined) throw new TypeError('the process of HAProxy has not been started');
    this.installation = parts.installation;
    this.folder = parts.folder;
    this.pid = child.pid;
    this.#child = child;
    this.#cliSocket = parts.cliSocket;
    this.#files = parts.files;
    this.#ports = parts.ports;
    this.#log = parts.log;
    const dismissGuard = guardProcess(child.pid, parts.folder);
    child.stdout?.setEncoding('utf8').on('data', (text: string) => parts.log.write('stdout', text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => parts.log.write('stderr', text));
    this.exited = this.#awaitExit(dismissGuard);
  }

  /** `3.2.26` */
  get version(): string {
    return this.installation.version;
  }

  /** `3.2` */
  get line(): string {
    return this.installation.line;
  }

  /** Everything HAProxy wrote to stdout and stderr: its own messages, and with `log global` a line per request. */
  get log(): string {
    return this.#log.lines.join('\n');
  }

  /** The log, line by line; of a very long one (50,000 lines) the beginning is dropped. */
  get logLines(): readonly string[] {
    return this.#log.lines;
  }

  /** A mark for `waitForLog(pattern, { after })`: how many lines have come so far. */
  get logPosition(): number {
    return this.#log.position;
  }

  /** How it ended; undefined while it runs. */
  get exit(): HaproxyExit | undefined {
    return this.#exit;
  }

  /** The ports that the configuration asked for, by name. */
  get ports(): ReadonlyMap<string, number> {
    return this.#ports;
  }

  /** A port that the configuration asked for. @throws HaproxyError HAPROXY_TEMPLATE when it did not. */
  port(name: string): number {
    const port = this.#ports.get(name);
    if (port !== undefined) return port;
    const names = [...this.#ports.keys()].join(', ') || 'none';
    throw new HaproxyError('HAPROXY_TEMPLATE', `the configuration uses no port "${name}"; ports: ${names}`);
  }

  /**
   * The first log line that contains a text or matches an expression; one that is already there counts.
   *
   * @throws HaproxyError HAPROXY_LOG_TIMEOUT when none comes in time, HAPROXY_EXITED when none can come any more; both
   * with configuration and log.
   */
  async waitForLog(pattern: string | RegExp, options?: WaitForLogOptions): Promise<string> {
    try {
      return await this.#log.waitFor(pattern, options);
    } catch (error) {
      throw this.#explained(error);
    }
  }

  /**
   * Runs a command of the runtime API (`show info`, `show table t`, `disable server b/s`) and returns its answer. What
   * HAProxy says about a wrong command is an answer too.
   *
   * @throws HaproxyError HAPROXY_CLI, with configuration and log, when no answer comes within `timeoutMs` (5000).
   */
  async cli(command: string, { timeoutMs = 5000 }: { timeoutMs?: number } = {}): Promise<string> {
    try {
      return await sendCommand(this.#cliSocket, command, timeoutMs);
    } catch (error) {
      throw this.#explained(error);
    }
  }

  /** Version, state, configuration with line numbers, and log: what someone needs who looks at a failed test. */
  describe(): string {
    const { command, origin } = this.installation;
    const state =
      this.#exit === undefined
        ? `running, pid ${this.pid}`
        : `ended by ${this.#exit.signal ?? `code ${this.#exit.code}`}`;
    return [
      `HAProxy ${this.version} (${origin}, ${command}), ${state}`,
      ...this.#files.map((file) => numbered(file, this.log)),
      logTail(this.#log.lines, this.#log.position),
    ].join('\n');
  }

  /**
   * Stops it: softly first, so that requests in flight are answered, then with SIGTERM, at last with SIGKILL; and
   * removes its folder. Calling it again, or after HAProxy has ended on its own, does no harm.
   */
  stop(options: StopOptions = {}): Promise<void> {
    this.#stopping ??= this.#stop(options);
    return this.#stopping;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #stop({ softMs = 1000, termMs = 2000 }: StopOptions): Promise<void> {
    try {
      if (!(await this.#endsAfter('SIGUSR1', softMs)) && !(await this.#endsAfter('SIGTERM', termMs))) {
        this.#signal('SIGKILL');
        await this.exited;
      }
    } finally {
      await rm(this.folder, { recursive: true, force: true });
    }
  }

  async #endsAfter(signal: NodeJS.Signals, timeoutMs: number): Promise<boolean> {
    this.#signal(signal);
    const timeout = new AbortController();
    const late = delay(timeoutMs, false, { signal: timeout.signal }).catch(() => false);
    const ended = await Promise.race([this.exited.then(() => true), late]);
    timeout.abort();
    return ended;
  }

  #signal(signal: NodeJS.Signals): void {
    // Never by number: when the process has ended, kill() of the child does nothing, and the number may be another's.
    if (this.#exit === undefined) this.#child.kill(signal);
  }

  async #awaitExit(dismissGuard: () => void): Promise<HaproxyExit> {
    const closed = new Promise<void>((resolve) => this.#child.once('close', () => resolve()));
    const exit = await new Promise<HaproxyExit>((resolve) => {
      this.#child.once('exit', (code, signal) => resolve({ code, signal }));
    });
    dismissGuard();
    this.#exit = exit;
    // A program that HAProxy started may hold the pipes longer than HAProxy lives.
    const drained = new AbortController();
    await Promise.race([closed, delay(500, undefined, { signal: drained.signal }).catch(() => undefined)]);
    drained.abort();
    this.#child.stdout?.destroy();
    this.#child.stderr?.destroy();
    this.#log.end(`HAProxy has ended, by ${exit.signal ?? `code ${exit.code}`}`);
    return exit;
  }

  #explained(error: unknown): HaproxyError {
    const code = error instanceof HaproxyError ? error.code : 'HAPROXY_CLI';
    return new HaproxyError(code, `${messageOf(error)}\n${this.describe()}`, { cause: error });
  }
}
