import type { Duplex } from 'node:stream';
import { encodeAgentHello } from '../wire/hello.ts';
import type { Writer } from '../wire/writer.ts';
import type { Agreement } from './handshake.ts';
import { Outbox } from './outbox.ts';
import { Pacing } from './pacing.ts';

export interface SenderEvents {
  /** Something has left, in a turn of its own: more may be written, unless it is still `full`. */
  drained(): void;
  /** An ACK is too large for pipelining. Called before it is held: `convert` may be. */
  tooLarge(): void;
}

/**
 * The way out of a connection. How much may leave when depends on how many streams HAProxy may have on it, which its NOTIFYs
 * tell: see `pacing.ts`.
 */
export class Sender {
  /** Whether the next NOTIFY's ids tell something: call `learn` with them. */
  learns = false;
  readonly #outbox: Outbox;
  readonly #events: SenderEvents;
  /** There while HAProxy may have several streams on this connection and must not be overfed. */
  #pacing: Pacing | undefined;
  /** HAProxy was told to have one stream at a time on this connection: what a newer NOTIFY finds unanswered was given up. */
  #oneStream = false;
  /** The HELLO was that of a multiplexer, and the first NOTIFY is still to say whether it is one. */
  #eraUncertain = false;
  #maxFrameSize = 0;

  constructor(duplex: Duplex, events: SenderEvents) {
    this.#events = events;
    this.#outbox = new Outbox(duplex, () => events.drained());
  }

  /**
   * The handshake is over.
   *
   * @param announced the max-frame-size that HAProxy has announced, in bytes
   * @param pipelining whether HAProxy 3.1 and newer are offered pipelining
   */
  greeted({ readBufferSize, hello, maxFrameSize }: Agreement, announced: number, pipelining: boolean): void {
    this.#maxFrameSize = maxFrameSize;
    if (readBufferSize === undefined) return;
    if (!hello.capabilities.includes('pipelining')) this.#oneStream = !pipelining;
    else this.#pacing = new Pacing(readBufferSize, this.#outbox, () => this.#events.drained());
    // One that has to send less than it announced may have given up the first NOTIFYs, and their ids with them.
    this.#eraUncertain = maxFrameSize === announced;
    this.learns = this.#eraUncertain || this.#oneStream;
  }

  get bytesSent(): number {
    return this.#outbox.bytesSent;
  }

  /** Whether nothing is held. */
  get idle(): boolean {
    return this.#pacing?.idle !== false;
  }

  /** Whether the peer must read before more is written. */
  get full(): boolean {
    return this.#pacing?.full === true || this.#outbox.full;
  }

  /** Whether HAProxy was told to have one stream at a time on this connection, and may have several still. */
  get converting(): boolean {
    return this.#pacing?.converting === true;
  }

  /**
   * Learns from the ids of a NOTIFY how many streams HAProxy has.
   *
   * @param unanswered whether an earlier NOTIFY is not answered yet
   * @returns whether HAProxy has given up all earlier ones
   */
  learn(streamId: number, frameId: number, unanswered: boolean): boolean {
    if (this.#eraUncertain) {
      this.#eraUncertain = false;
      // The first stream of a multiplexer's connection is number 1: any other is of HAProxy up to 3.0 with `no option async`.
      if (streamId !== 1 || frameId !== 1) this.#unpace();
    }
    this.learns = this.#oneStream || this.converting;
    if (!this.learns) return false;
    // The next ones have odd ids, and one frame each.
    if (streamId % 2 === 0 || frameId !== 1) {
      this.#unpace();
      return false;
    }
    if (!this.#oneStream) {
      if (unanswered || this.#pacing?.over !== true) return false;
      this.#pacing = undefined;
      this.#oneStream = true;
    }
    return unanswered;
  }

  #unpace(): void {
    this.end();
    this.#oneStream = false;
    this.learns = false;
  }

  /**
   * Sends the frames in `output`, or holds them, and leaves it empty.
   *
   * @param inFlight NOTIFYs that stay unanswered behind them
   */
  send(output: Writer, inFlight: number): void {
    const pacing = this.#pacing;
    if (pacing === undefined || pacing.passes(output, inFlight)) return this.#outbox.send(output);
    if (pacing.needsConversion(output)) this.#events.tooLarge();
    pacing.hold(output);
  }

  /** Asks HAProxy to have one stream at a time on this connection from now on. */
  convert(): void {
    const hello = { version: '2.0', maxFrameSize: this.#maxFrameSize, capabilities: [] };
    this.#pacing?.convert(encodeAgentHello(hello));
    this.learns ||= this.converting;
  }

  /** Writes what is held; nothing is held from now on. */
  end(): void {
    this.#pacing?.flush();
    this.#pacing = undefined;
  }
}
