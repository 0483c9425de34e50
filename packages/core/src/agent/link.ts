import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { asBuffer } from '../wire/reader.ts';
import { describePeer, type Peer } from './peer.ts';
import { peerGone } from './reasons.ts';
import { makeStatic } from './static-socket.ts';

export interface LinkEvents {
  /** `length` bytes of `chunk` came. They change when this has returned, where the link `sharesMemory`. */
  read(chunk: Buffer, length: number): void;
  /** The peer writes no more. */
  ended(): void;
  lost(error: NodeJS.ErrnoException): void;
  /** Called once, when nothing is left of it. */
  gone(): void;
}

/** Why reading is stopped. */
export const Pause = { OUTPUT: 1, IN_FLIGHT: 2 } as const;

/** The duplex of a connection: what comes of it, and for which reasons it is not read. */
export class Link {
  readonly duplex: Duplex;
  /** Whether chunks lie in memory that other connections use next. */
  readonly sharesMemory: boolean;
  readonly #events: LinkEvents;
  #peer: Peer | undefined;
  #ended: AbortController | undefined;
  #isGone = false;
  #pauses = 0;

  /** @param accepted whether `given` is a socket that was just accepted, is paused, and known to nobody else */
  constructor(given: Duplex, accepted: boolean, events: LinkEvents) {
    const moved =
      accepted && given instanceof Socket
        ? makeStatic(given, (chunk, length) => events.read(chunk, length))
        : undefined;
    const duplex = moved ?? given;
    this.duplex = duplex;
    this.#events = events;
    this.sharesMemory = moved !== undefined;
    // A socket that has vanished no longer knows; one that is being connected does not know yet.
    if ((duplex as Partial<Socket>).connecting !== true) this.#peer = describePeer(duplex);
    duplex.on('data', (chunk: Uint8Array) => events.read(asBuffer(chunk), chunk.length));
    duplex.on('end', () => events.ended());
    // A reset is how HAProxy ends connections that it no longer needs.
    duplex.on('error', (error: NodeJS.ErrnoException) => events.lost(error));
    duplex.on('close', () => this.#gone());
    if (accepted) duplex.resume();
  }

  get peer(): Peer {
    this.#peer ??= describePeer(this.duplex);
    return this.#peer;
  }

  /** Fires when nothing is left of it. Made when first asked for. */
  get signal(): AbortSignal {
    this.#ended ??= new AbortController();
    if (this.#isGone) this.#ended.abort(peerGone());
    return this.#ended.signal;
  }

  get paused(): boolean {
    return this.#pauses !== 0;
  }

  pause(why: number): void {
    this.#pauses |= why;
    this.duplex.pause();
  }

  /**
   * Takes one reason back.
   *
   * @returns whether it was the last: call `resume` when what came before is used up
   */
  unpause(why: number): boolean {
    if ((this.#pauses & why) === 0) return false;
    this.#pauses &= ~why;
    return this.#pauses === 0;
  }

  /** Reads on, unless there is a reason not to. */
  resume(): void {
    if (this.#pauses === 0) this.duplex.resume();
  }

  /** Writes no more, and reads only to learn of the end. */
  end(): void {
    this.duplex.end();
    this.#pauses = 0;
    this.duplex.resume();
  }

  /** Ends it at once, also where the duplex does not say that it has closed. */
  destroy(): void {
    this.duplex.destroy();
    this.#gone();
  }

  #gone(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#events.gone();
    this.#ended?.abort(peerGone());
  }
}
