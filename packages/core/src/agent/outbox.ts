import type { Duplex } from 'node:stream';
import type { Writer } from '../wire/writer.ts';
import { StaticSocket } from './static-socket.ts';

/** Bytes that the kernel has not taken yet, from which on a connection is not read any more: what a stream's default is. */
const HIGH_WATER = 16 * 1024;

/** The way out of a connection: one write for what is due in one turn. */
export class Outbox {
  readonly #duplex: Duplex;
  /** There where the kernel can be given bytes without a stream's bookkeeping. */
  readonly #socket: StaticSocket | undefined;
  readonly #drained: () => void;
  bytesSent = 0;
  /** Writes that the kernel has not taken whole, and their bytes. */
  #writes = 0;
  #pending = 0;

  /** @param drained is called when enough has left after there was too much */
  constructor(duplex: Duplex, drained: () => void) {
    this.#duplex = duplex;
    this.#socket = duplex instanceof StaticSocket ? duplex : undefined;
    this.#drained = drained;
    duplex.on('drain', drained);
  }

  /** Whether the peer must read before more is written. */
  get full(): boolean {
    return this.#pending >= HIGH_WATER || this.#duplex.writableNeedDrain;
  }

  /** Writes what `output` holds and leaves it empty. */
  send(output: Writer): void {
    if (output.offset === 0) return;
    this.bytesSent += output.offset;
    if (this.#socket === undefined) this.#duplex.write(output.take());
    // Bytes that still wait are read from this very memory later.
    else if (!this.#give(this.#socket, output.view())) output.renew();
    output.offset = 0;
  }

  /** Writes bytes that nobody changes any more. */
  write(bytes: Buffer): void {
    this.bytesSent += bytes.length;
    if (this.#socket === undefined) this.#duplex.write(bytes);
    else this.#give(this.#socket, bytes);
  }

  /** @returns whether the kernel has taken them */
  #give(socket: StaticSocket, bytes: Buffer): boolean {
    this.#writes++;
    socket.send(bytes, this.#written);
    if (this.#writes === 0) return true;
    this.#pending += bytes.length;
    return false;
  }

  readonly #written = (error?: Error | null): void => {
    this.#writes--;
    if (error != null) this.#duplex.destroy(error);
    if (this.#writes > 0) return;
    const wasFull = this.full;
    this.#pending = 0;
    if (wasFull) this.#drained();
  };
}
