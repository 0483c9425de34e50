import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Writer } from '../wire/writer.ts';

/** The way out of a connection: one write for what is due in one turn. */
export class Outbox {
  readonly #duplex: Duplex;
  /** The kernel takes a copy of what a socket writes at once; another duplex may keep the buffer itself. */
  readonly #reusesBuffers: boolean;

  constructor(duplex: Duplex) {
    this.#duplex = duplex;
    this.#reusesBuffers = duplex instanceof Socket;
  }

  /**
   * Writes what `output` holds and leaves it empty.
   *
   * @returns whether more may follow; if not, the duplex emits `drain` when it may
   */
  send(output: Writer): boolean {
    const length = output.offset;
    if (length === 0) return true;
    const more = this.#duplex.write(output.bytes.subarray(0, length));
    // Bytes that still wait are read from this very memory later.
    if (!this.#reusesBuffers || this.#duplex.writableLength > 0) output.renew();
    output.offset = 0;
    return more;
  }
}
