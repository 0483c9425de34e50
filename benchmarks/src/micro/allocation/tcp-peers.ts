import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Command } from './peers-worker.ts';

/** HAProxy's side of many TCP connections to an agent of this process: see `peers-worker.ts`. */
export class TcpPeers implements AsyncDisposable {
  readonly #worker: Worker;

  constructor(port: number) {
    this.#worker = new Worker(new URL('./peers-worker.js', import.meta.url), { workerData: { port } });
  }

  /** Does one thing, and resolves when it is done: an error of the worker's rejects. */
  async run(command: Command): Promise<void> {
    this.#worker.postMessage(command);
    await once(this.#worker, 'message');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker.terminate();
  }
}
