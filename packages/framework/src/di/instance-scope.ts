import { type Made, made } from './made.ts';
import type { ProviderNode } from './provider-node.ts';

/**
 * Something that an async factory has still to make. A class of its own, and its value within an object: what is made may have a
 * `then` itself.
 */
export class Pending {
  readonly promise: Promise<{ readonly instance: unknown }>;

  constructor(promise: Promise<{ readonly instance: unknown }>) {
    this.promise = promise;
    // Whoever waits hears of it: nobody may be left by then, and the process must not end for it.
    promise.catch(() => undefined);
  }
}

/** What was made for one NOTIFY or one connection. It ends when the last who retained it has released it. */
export class InstanceScope {
  /** Gives the scope of the connection: for that of a connection itself. */
  readonly connection: () => InstanceScope;
  readonly #instances: Map<ProviderNode, unknown>;
  readonly #made: Made[] = [];
  readonly #ended: (made: readonly Made[]) => void;
  #users = 0;
  #hasEnded = false;

  /**
   * @param given what is there from the beginning
   * @param ended gets what is to be disposed; more than once where something took its time
   */
  constructor(
    given: readonly [ProviderNode, unknown],
    ended: (made: readonly Made[]) => void,
    connection?: () => InstanceScope,
  ) {
    this.#instances = new Map([given]);
    this.#ended = ended;
    this.connection = connection ?? (() => this);
  }

  /** What `make` makes, the first time; a `Pending` until it is there. What fails is tried again. */
  once(node: ProviderNode, make: (scope: InstanceScope) => unknown): unknown {
    const instances = this.#instances;
    const known = instances.get(node);
    if (known !== undefined || instances.has(node)) return known;
    const instance = make(this);
    instances.set(node, instance);
    if (instance instanceof Pending) {
      instance.promise.then(
        (settled) => instances.set(node, settled.instance),
        () => instances.delete(node),
      );
    }
    return instance;
  }

  /** Ends `instance` with the scope. */
  own(node: ProviderNode, instance: unknown): void {
    const one = made(node, instance);
    if (one.dispose === undefined) return;
    // It took its time, and something else that was asked for with it failed meanwhile.
    if (this.#hasEnded) this.#ended([one]);
    else this.#made.push(one);
  }

  retain(): void {
    this.#users++;
  }

  release(): void {
    this.#users--;
    if (this.#users > 0) return;
    this.#hasEnded = true;
    this.#ended(this.#made);
  }
}
