import { type BeforeShutdown, Injectable, type OnModuleInit } from '@spoa/framework';

@Injectable()
export class BlockList implements OnModuleInit, BeforeShutdown, AsyncDisposable {
  #addresses = new Set<string>();
  #timer: NodeJS.Timeout | undefined;

  /** Before the first message: whoever needs the list finds it full. */
  async onModuleInit(): Promise<void> {
    await this.#load();
    this.#timer = setInterval(() => void this.#load(), 60_000);
  }

  /** Messages still come: the list stays, only its timer ends. */
  beforeShutdown(_signal?: NodeJS.Signals): void {
    clearInterval(this.#timer);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    this.#addresses.clear();
  }

  has(address: string): boolean {
    return this.#addresses.has(address);
  }

  async #load(): Promise<void> {
    this.#addresses = new Set(['192.0.2.1']);
  }
}
