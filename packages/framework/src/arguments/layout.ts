import type { MessageIndex, Name } from '@spoa/core';

/**
 * The order in which the arguments of a message came the last time. HAProxy's configuration says which they are, so they mostly
 * come in the same order, and that is told by the keys of their names.
 */
export class Layout {
  /**
   * For each name, the number, among the arguments of the message, of the first that has its key; -1 where there is none. If it
   * has the name too, it is the first of that name. If it has not, another one may have it.
   */
  readonly places: Int32Array;
  readonly #names: readonly Name[];
  #keys: Int32Array = new Int32Array(0);

  constructor(names: readonly Name[]) {
    this.#names = names;
    this.places = new Int32Array(names.length).fill(-1);
  }

  /** Sees to it that `places` are those of message number `message`. */
  follow(index: MessageIndex, message: number): void {
    if (index.hasArgumentKeys(message, this.#keys)) return;
    const keys = index.argumentKeys(message);
    for (let i = 0; i < this.places.length; i++) this.places[i] = keys.indexOf((this.#names[i] as Name).key);
    this.#keys = keys;
  }
}
