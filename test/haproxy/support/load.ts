import type { HttpResponse } from '@spoa/testing';

/** Clients that send one request after the other until they are stopped. */
export class Load {
  /** In the order in which they came. */
  readonly responses: HttpResponse[] = [];
  readonly #clients: Promise<void>[];
  #wanted = Number.POSITIVE_INFINITY;
  #reached = (): void => undefined;
  #stopped = false;

  /** @param send sends one request; when it is rejected, so is {@link stop} */
  constructor(clients: number, send: () => Promise<HttpResponse>) {
    this.#clients = Array.from({ length: clients }, () => this.#run(send));
  }

  /** Waits for so many more responses. */
  async more(count: number): Promise<void> {
    this.#wanted = this.responses.length + count;
    const reached = new Promise<void>((resolve) => {
      this.#reached = resolve;
    });
    await Promise.race([reached, Promise.all(this.#clients)]);
  }

  /** Lets every client have its last response, and returns all of them. */
  async stop(): Promise<readonly HttpResponse[]> {
    this.#stopped = true;
    await Promise.all(this.#clients);
    return this.responses;
  }

  async #run(send: () => Promise<HttpResponse>): Promise<void> {
    while (!this.#stopped) {
      this.responses.push(await send());
      if (this.responses.length >= this.#wanted) this.#reached();
    }
  }
}
