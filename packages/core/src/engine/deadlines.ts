import { Fifo } from './fifo.ts';

/** The longest that a timer can be set to, in milliseconds. */
const LONGEST_TIMER_MS = 0x7fff_ffff;

interface Entry<T> {
  readonly item: T;
  readonly at: number;
}

/**
 * Time-outs for many items with one timer. Items with the same time-out are due in the order in which they came, so each
 * time-out has a queue and only their heads are looked at. An item that is settled before leaves when it gets to the head.
 */
export class Deadlines<T extends { readonly settled: boolean }> {
  readonly #expire: (item: T, timeoutMs: number) => void;
  readonly #queues = new Map<number, Fifo<Entry<T>>>();
  #timer: NodeJS.Timeout | undefined;
  #timerAt = Number.POSITIVE_INFINITY;

  constructor(expire: (item: T, timeoutMs: number) => void) {
    this.#expire = expire;
  }

  /** @param timeoutMs 0: never */
  add(item: T, timeoutMs: number): void {
    if (timeoutMs === 0) return;
    let queue = this.#queues.get(timeoutMs);
    if (queue === undefined) {
      queue = new Fifo();
      this.#queues.set(timeoutMs, queue);
    }
    dropSettled(queue);
    const at = performance.now() + timeoutMs;
    queue.push({ item, at });
    if (at < this.#timerAt) this.#arm(at);
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#queues.clear();
    this.#timerAt = Number.POSITIVE_INFINITY;
  }

  #arm(at: number): void {
    clearTimeout(this.#timer);
    this.#timerAt = at;
    const delay = Math.min(LONGEST_TIMER_MS, Math.max(1, Math.ceil(at - performance.now())));
    this.#timer = setTimeout(() => this.#sweep(), delay);
  }

  #sweep(): void {
    const now = performance.now();
    this.#timerAt = Number.POSITIVE_INFINITY;
    let next = Number.POSITIVE_INFINITY;
    for (const [timeoutMs, queue] of this.#queues) {
      for (let head = dropSettled(queue); head !== undefined && head.at <= now; head = dropSettled(queue)) {
        queue.shift();
        this.#expire(head.item, timeoutMs);
      }
      const head = queue.peek();
      if (head === undefined) this.#queues.delete(timeoutMs);
      else next = Math.min(next, head.at);
    }
    if (next < this.#timerAt) this.#arm(next);
  }
}

/** The first entry that still waits. */
function dropSettled<T extends { readonly settled: boolean }>(queue: Fifo<Entry<T>>): Entry<T> | undefined {
  let head = queue.peek();
  while (head?.item.settled) {
    queue.shift();
    head = queue.peek();
  }
  return head;
}
