import { MessageIndex } from '../wire/message-index.ts';
import { Writer } from '../wire/writer.ts';

/** Free objects of one kind, used again: their typed arrays cost more to make than a frame costs to answer. */
class Pool<T> {
  readonly #free: T[] = [];
  readonly #most: number;
  readonly #make: () => T;
  readonly #clear: (item: T) => boolean;

  /** @param clear makes an item ready for its next use, and says whether it is worth keeping */
  constructor(most: number, make: () => T, clear: (item: T) => boolean) {
    this.#most = most;
    this.#make = make;
    this.#clear = clear;
  }

  take(): T {
    return this.#free.pop() ?? this.#make();
  }

  give(item: T): void {
    if (this.#clear(item) && this.#free.length < this.#most) this.#free.push(item);
  }
}

function clearWriter(writer: Writer, largest: number): boolean {
  writer.offset = 0;
  writer.limit = Number.POSITIVE_INFINITY;
  return writer.bytes.length <= largest;
}

/** Where a NOTIFY's messages stand. */
export const indexPool = new Pool(
  1024,
  () => new MessageIndex(),
  (index) => {
    index.clear();
    return true;
  },
);

/** The ACKs of NOTIFYs whose handlers take their time. */
export const writerPool = new Pool(
  1024,
  () => new Writer(256),
  (writer) => clearWriter(writer, 4096),
);

/** What one turn writes to one connection. Two at a time are rare: a handler that answers another connection's peer. */
export const outputPool = new Pool(
  4,
  () => new Writer(32 * 1024),
  (writer) => clearWriter(writer, 256 * 1024),
);
