import { ackedNumber, type Fault, setsScore } from './check-ack.ts';
import { type ConnectionEvents, LoadConnection, type LoadTarget } from './connection.ts';
import { Histogram } from './histogram.ts';
import type { NotifyBatch } from './notify-batch.ts';

/** What all lanes share and count together. */
export class Tally {
  readonly latency = new Histogram();
  readonly faults = new Map<Fault, number>();
  acked = 0;
  unanswered = 0;
  open = 0;
  /** Whether a NOTIFY follows each ACK: a closed loop. */
  refills = false;

  fault(fault: Fault, count = 1): void {
    if (count > 0) this.faults.set(fault, (this.faults.get(fault) ?? 0) + count);
  }
}

/** Numbers of NOTIFYs stay below this. */
const NUMBERS = 2 ** 31;

/**
 * A connection and its window: each slot of it holds a NOTIFY that is not answered yet, or is free. The numbers of a slot differ
 * by the slots of all lanes, so that a number tells the slot and comes once in a run.
 */
export class Lane implements ConnectionEvents {
  readonly connection: LoadConnection;
  /** Settles when the handshake is over, well or not. */
  readonly greeted: Promise<void>;
  readonly #tally: Tally;
  readonly #batch: NotifyBatch;
  readonly #slots: number;
  readonly #firstSlot: number;
  /** By slot of this lane: the number of its NOTIFY, or of the last one where it is free. */
  readonly #numbers: Float64Array;
  readonly #isBusy: Uint8Array;
  /** When the NOTIFY was due, in milliseconds. */
  readonly #dueAt: Float64Array;
  /** A stack. */
  readonly #free: Int32Array;
  #freeCount = 0;
  #unanswered = 0;
  #readAt = 0;
  #greet: () => void = () => undefined;

  constructor(
    target: LoadTarget,
    capabilities: readonly string[],
    lane: { readonly number: number; readonly of: number; readonly window: number },
    batch: NotifyBatch,
    tally: Tally,
  ) {
    this.#tally = tally;
    this.#batch = batch;
    this.#slots = lane.of * lane.window;
    this.#firstSlot = lane.number * lane.window;
    this.#numbers = Float64Array.from({ length: lane.window }, (_, i) => this.#firstSlot + i - this.#slots);
    this.#isBusy = new Uint8Array(lane.window);
    this.#dueAt = new Float64Array(lane.window);
    this.#free = Int32Array.from({ length: lane.window }, (_, i) => i);
    this.greeted = new Promise((resolve) => {
      this.#greet = resolve;
    });
    this.connection = new LoadConnection(target, capabilities, this);
  }

  get hasRoom(): boolean {
    return this.#freeCount > 0;
  }

  /** Sends up to `count` NOTIFYs in one write. @param dueAt when the first was due, in milliseconds, and what comes between two */
  send(count: number, dueAt: number, intervalMs = 0): number {
    const sent = Math.min(count, this.#freeCount);
    if (sent === 0) return 0;
    for (let i = 0; i < sent; i++) {
      const slot = this.#free[--this.#freeCount] as number;
      const next = (this.#numbers[slot] as number) + this.#slots;
      const number = next < NUMBERS ? next : this.#firstSlot + slot;
      this.#numbers[slot] = number;
      this.#isBusy[slot] = 1;
      this.#dueAt[slot] = dueAt + i * intervalMs;
      this.#batch.put(i, number);
    }
    this.#unanswered += sent;
    this.#tally.unanswered += sent;
    const { socket } = this.connection;
    socket.write(this.#batch.take(sent));
    if (socket.writableLength > 0) this.#batch.renew();
    return sent;
  }

  /** Sends what the window has room for. */
  fill(): void {
    this.send(this.#freeCount, performance.now());
  }

  ready(isReady: boolean): void {
    if (isReady) {
      this.#tally.open++;
      // HAProxy has one NOTIFY at a time on such a connection.
      this.#freeCount = this.connection.pipelining ? this.#free.length : 1;
    }
    this.#greet();
  }

  readBegins(): void {
    this.#readAt = performance.now();
  }

  frame(bytes: Buffer, start: number, end: number): void {
    const number = ackedNumber(bytes, start, end);
    if (typeof number === 'string') return this.#tally.fault(number);
    const slot = (number % this.#slots) - this.#firstSlot;
    if (this.#isBusy[slot] !== 1 || this.#numbers[slot] !== number) return this.#tally.fault('unmatched');
    this.#isBusy[slot] = 0;
    this.#free[this.#freeCount++] = slot;
    this.#unanswered--;
    this.#tally.unanswered--;
    this.#tally.acked++;
    this.#tally.latency.add(this.#readAt - (this.#dueAt[slot] as number));
    if (!setsScore(bytes, start, end)) this.#tally.fault('action');
  }

  readDone(): void {
    if (this.#tally.refills && this.connection.isOpen) this.fill();
  }

  fault(fault: Fault): void {
    this.#tally.fault(fault);
  }

  closed(): void {
    this.#freeCount = 0;
    this.#tally.open--;
    this.#tally.fault('lost', this.#unanswered);
    this.#tally.unanswered -= this.#unanswered;
    this.#unanswered = 0;
  }

  /** Says goodbye; what is not answered now is lost. */
  leave(): void {
    this.#tally.fault('lost', this.#unanswered);
    this.#tally.unanswered -= this.#unanswered;
    this.#unanswered = 0;
    this.connection.leave();
  }
}
