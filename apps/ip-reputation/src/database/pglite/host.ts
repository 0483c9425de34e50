import { Worker } from 'node:worker_threads';
import type { ToHost, ToWorker, WorkerSettings } from './worker-messages.ts';

type State = 'starting' | ToHost['type'] | 'ended';

/** A PGlite database in a thread of this process, served on a unix socket. */
export class PgliteHost {
  /** Resolves when the thread has ended, whatever the reason. */
  readonly ended: Promise<void>;
  readonly #worker: Worker;
  #state: State = 'starting';
  #reason = 'its thread ended';
  #changed: () => void = () => {};

  private constructor(worker: Worker) {
    this.#worker = worker;
    worker.on('message', (message: ToHost) => {
      if (message.type === 'failed') this.#reason = message.reason;
      this.#become(message.type);
    });
    // Followed by 'exit'.
    worker.on('error', (error) => {
      this.#reason = error.message;
    });
    this.ended = new Promise((resolve) => {
      worker.once('exit', () => {
        this.#become('ended');
        resolve();
      });
    });
  }

  /** Starts the thread and waits until its socket accepts; the database is not touched yet. */
  static async start(settings: WorkerSettings): Promise<PgliteHost> {
    // What this process was started with (--input-type, --import, ...) is not meant for the thread.
    const host = new PgliteHost(new Worker(workerFile(), { workerData: settings, execArgv: [] }));
    await host.#until('listening');
    return host;
  }

  /** Opens the database. To be called by the holder of the folder alone. */
  async open(): Promise<void> {
    this.#say({ type: 'open' });
    await this.#until('open');
  }

  /** Sends the clients away, closes the database and ends the thread. @param graceMs for clients at work */
  async close(graceMs: number): Promise<void> {
    this.#say({ type: 'close', graceMs });
    await this.ended;
  }

  #say(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  #become(state: State): void {
    this.#state = state;
    this.#changed();
  }

  async #until(wanted: State): Promise<void> {
    while (this.#state !== wanted) {
      if (this.#state === 'ended') throw new Error(`the embedded database could not be opened: ${this.#reason}`);
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
  }
}

/** Node cannot run TypeScript in a thread: from source, too, the built file is started. */
function workerFile(): URL {
  const fromSource = import.meta.url.endsWith('.ts');
  return new URL(fromSource ? '../../../dist/database/pglite/worker.js' : './worker.js', import.meta.url);
}
