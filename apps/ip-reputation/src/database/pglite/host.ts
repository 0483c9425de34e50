import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { ToHost, ToWorker, WorkerSettings } from './worker-messages.ts';

/** A PGlite database in a thread of this process, served on a unix socket. */
export class PgliteHost {
  readonly #worker: Worker;
  #reason = 'its thread ended';
  #state: ToHost['type'] | 'starting' = 'starting';

  private constructor(worker: Worker) {
    this.#worker = worker;
    worker.on('message', (message: ToHost) => {
      this.#state = message.type;
      if (message.type === 'failed') this.#reason = message.reason;
    });
    worker.on('error', (error) => {
      this.#reason = error.message;
    });
  }

  /** Starts the thread and waits until its socket accepts; the database is not touched yet. */
  static async start(settings: WorkerSettings): Promise<PgliteHost> {
    const host = new PgliteHost(new Worker(workerFile(), { workerData: settings }));
    await host.#until('listening');
    return host;
  }

  /** Resolves when the thread has ended, whatever the reason. */
  get ended(): Promise<unknown> {
    return this.#worker.threadId === -1 ? Promise.resolve() : once(this.#worker, 'exit');
  }

  /** Opens the database. To be called by the holder of the folder alone. */
  async open(): Promise<void> {
    this.#say('open');
    await this.#until('open');
  }

  /** Sends the clients away, closes the database and ends the thread. */
  async close(): Promise<void> {
    const { ended } = this;
    this.#say('close');
    await ended;
  }

  #say(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  async #until(state: ToHost['type']): Promise<void> {
    const ended = this.ended.catch(() => {});
    while (this.#state !== state) {
      const stopped = this.#state === 'failed' || this.#worker.threadId === -1;
      if (stopped) throw new Error(`the embedded database could not be opened: ${this.#reason}`);
      const message = once(this.#worker, 'message').catch(() => {});
      await Promise.race([message, ended]);
    }
  }
}

/** Node cannot run TypeScript in a thread: from source, too, the built file is started. */
function workerFile(): URL {
  const fromSource = import.meta.url.endsWith('.ts');
  return new URL(fromSource ? '../../../dist/database/pglite/worker.js' : './worker.js', import.meta.url);
}
