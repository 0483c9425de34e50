/** Somebody who waits, in a list of those who wait equally long. */
interface Wait {
  readonly endsAt: number;
  /** Called when the time is over. */
  readonly expire: () => void;
  previous: Wait | undefined;
  next: Wait | undefined;
  isOver: boolean;
}

/**
 * The deadlines of an application: one timer for each length that occurs, however many handlers run. Those who begin later end
 * later, so that only the first of a list has to be looked at.
 */
export class Deadlines {
  readonly #queues = new Map<number, DeadlineQueue>();
  readonly #lateResults = new Map<string, number>();

  /** How often a handler was done after its deadline, by message. */
  get lateResults(): ReadonlyMap<string, number> {
    return this.#lateResults;
  }

  /** Makes the function that lets the handlers of one message take `deadlineMs` at most. */
  limiter(message: string, deadlineMs: number, reason: Error): (result: PromiseLike<unknown>) => Promise<unknown> {
    const queue = this.#queueOf(deadlineMs);
    const late = (): void => {
      this.#lateResults.set(message, (this.#lateResults.get(message) ?? 0) + 1);
    };
    return (result) =>
      new Promise((resolve, reject) => {
        const wait = queue.add(() => reject(reason));
        result.then(
          (value) => (queue.end(wait) ? resolve(value) : late()),
          (error) => (queue.end(wait) ? reject(error) : late()),
        );
      });
  }

  #queueOf(deadlineMs: number): DeadlineQueue {
    const known = this.#queues.get(deadlineMs);
    if (known !== undefined) return known;
    const queue = new DeadlineQueue(deadlineMs);
    this.#queues.set(deadlineMs, queue);
    return queue;
  }
}

class DeadlineQueue {
  readonly #deadlineMs: number;
  #first: Wait | undefined;
  #last: Wait | undefined;
  #isTimed = false;

  constructor(deadlineMs: number) {
    this.#deadlineMs = deadlineMs;
  }

  add(expire: () => void): Wait {
    const endsAt = performance.now() + this.#deadlineMs;
    const wait: Wait = { endsAt, expire, previous: this.#last, next: undefined, isOver: false };
    if (this.#last === undefined) this.#first = wait;
    else this.#last.next = wait;
    this.#last = wait;
    if (!this.#isTimed) this.#time(this.#deadlineMs);
    return wait;
  }

  /** Returns whether the deadline had not passed. */
  end(wait: Wait): boolean {
    if (wait.isOver) return false;
    wait.isOver = true;
    const { previous, next } = wait;
    if (previous === undefined) this.#first = next;
    else previous.next = next;
    if (next === undefined) this.#last = previous;
    else next.previous = previous;
    return true;
  }

  /** The timer stays when the one that it was for is done: most are, and the next one finds it running. */
  #time(ms: number): void {
    this.#isTimed = true;
    // What waits for an answer holds the process; a handler that nobody waits for any more must not.
    setTimeout(() => this.#look(), Math.ceil(ms)).unref();
  }

  #look(): void {
    this.#isTimed = false;
    const now = performance.now();
    for (let wait = this.#first; wait !== undefined; wait = this.#first) {
      const left = wait.endsAt - now;
      if (left > 0) return this.#time(left);
      this.end(wait);
      wait.expire();
    }
  }
}
