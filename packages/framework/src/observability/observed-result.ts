/** A handler's promise that tells when it settles: without a promise of its own, which would take turns. */
export class ObservedResult implements PromiseLike<unknown> {
  readonly #result: PromiseLike<unknown>;
  readonly #settled: (isRejected: boolean, reason?: unknown) => void;

  /** @param settled is called once, before whoever waits goes on: a handler's result is awaited once */
  constructor(result: PromiseLike<unknown>, settled: (isRejected: boolean, reason?: unknown) => void) {
    this.#result = result;
    this.#settled = settled;
  }

  // biome-ignore lint/suspicious/noThenProperty: to be awaited is all that it is for
  then<T = unknown, E = never>(
    fulfilled?: ((value: unknown) => T | PromiseLike<T>) | null,
    rejected?: ((reason: unknown) => E | PromiseLike<E>) | null,
  ): PromiseLike<T | E> {
    return this.#result.then(
      (value) => {
        this.#settled(false);
        return fulfilled == null ? (value as T) : fulfilled(value);
      },
      (reason: unknown) => {
        this.#settled(true, reason);
        if (rejected == null) throw reason;
        return rejected(reason);
      },
    );
  }
}
