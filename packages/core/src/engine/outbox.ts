import type { Duplex } from 'node:stream';
// Not the global one: a test may have put a fake clock in its place, and bytes travel all the same.
import { setImmediate } from 'node:timers';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Writer } from '../wire/writer.ts';

/** One turn of the event loop writes no more than about this many bytes. */
const ENOUGH_BYTES = 64 * 1024;

interface Parcel {
  readonly bytes: Uint8Array;
  readonly pieceBytes: number;
  readonly done: (sent: boolean) => void;
}

/**
 * The way out of an engine: the frames of one turn of the event loop leave in one write, at the end of it. Nothing is written
 * at once, for the other end of a pair of streams may answer while it is written to.
 */
export class Outbox {
  /** The frames of this turn. Whoever puts one in calls `due`. */
  readonly frames = new Writer(4096);
  readonly #duplex: Duplex;
  readonly #onDrain: () => void;
  /** What leaves in pieces or wants to know when it has left, and what stands behind that. */
  readonly #parcels: Parcel[] = [];
  #scheduled = false;
  #blocked = false;

  /** @param onDrain called when `full` has become `false` */
  constructor(duplex: Duplex, onDrain: () => void) {
    this.#duplex = duplex;
    this.#onDrain = onDrain;
    duplex.on('drain', () => {
      this.#blocked = false;
      onDrain();
    });
  }

  /** Whether who has much to send should wait. */
  get full(): boolean {
    return this.#blocked || this.frames.offset >= ENOUGH_BYTES;
  }

  /** Sees to it that `frames` leave with the end of this turn. */
  due(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      const wasFull = this.full;
      this.flush();
      if (wasFull && !this.full) this.#onDrain();
    });
  }

  /** Writes `frames` now. */
  flush(): void {
    if (this.#parcels.length > 0) this.#pack();
    else if (this.frames.offset > 0 && this.#duplex.writable) this.#blocked = !this.#duplex.write(this.#take());
  }

  /**
   * Sends bytes behind all that is due, in pieces of `pieceBytes`.
   *
   * @returns when they were handed over (`true`) or the connection ended before (`false`)
   */
  send(bytes: Uint8Array, pieceBytes = bytes.length): Promise<boolean> {
    const idle = this.#parcels.length === 0;
    this.#pack();
    return new Promise((done) => {
      this.#parcels.push({ bytes: Buffer.from(bytes), pieceBytes: Math.max(1, pieceBytes), done });
      if (idle) void this.#deliver();
    });
  }

  /** Puts `frames` behind the parcels. */
  #pack(): void {
    if (this.frames.offset === 0) return;
    const bytes = this.#take();
    this.#parcels.push({ bytes, pieceBytes: bytes.length, done: () => undefined });
  }

  #take(): Buffer {
    const bytes = this.frames.take();
    this.frames.offset = 0;
    return bytes;
  }

  async #deliver(): Promise<void> {
    for (let parcel = this.#parcels[0]; parcel !== undefined; parcel = this.#parcels[0]) {
      const { bytes, pieceBytes, done } = parcel;
      let sent = true;
      for (let at = 0; sent && at < bytes.length; at += pieceBytes) {
        await nextTurn();
        sent = await this.#write(bytes.subarray(at, at + pieceBytes));
      }
      this.#parcels.shift();
      done(sent);
    }
  }

  #write(piece: Uint8Array): Promise<boolean> {
    const duplex = this.#duplex;
    return new Promise((resolve) => {
      if (!duplex.writable) {
        resolve(false);
        return;
      }
      const closed = () => resolve(false);
      duplex.once('close', closed);
      duplex.write(piece, (error) => {
        duplex.off('close', closed);
        resolve(error === null || error === undefined);
      });
    });
  }
}
