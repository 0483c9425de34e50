import { LENGTH_BYTES } from '../wire/frame.ts';
import type { Writer } from '../wire/writer.ts';

/*
 * HAProxy 3.1 to at least 3.5-dev5 stop reading a connection for good when one read fills their buffer (tune.bufsize) to the
 * last byte: all streams on it run into `timeout processing`, and the next ones too. So the bytes that it has not read must
 * stay below the buffer's size. Nothing that it sends tells what it has read, but it has 20 streams at most on a connection,
 * and goes down to one when an AGENT-HELLO does not offer pipelining, also one that comes later.
 *
 * Hence: ACKs of which 20 fit into the buffer leave at once, as ever. The first larger one turns the agent round: new
 * connections are not offered pipelining any more, and open ones are told so by another AGENT-HELLO. While such a connection
 * still has several streams, no more than a buffer is written in a span in which a live HAProxy has read it. Then each NOTIFY
 * says by itself that HAProxy has read everything before it, and nothing needs to be held.
 *
 * Seen on 3.2.26 and 3.4.7: `test/haproxy/pacing.test.ts`.
 */

/** Streams that HAProxy has on one connection at most. */
const MAX_STREAMS = 20;
/** Room for an AGENT-HELLO behind 20 small ACKs, in bytes. */
const HELLO_ROOM = 96;
/** A HAProxy that gets the processor has read what was written this long ago. 5 ms do on an idle machine, 10 on a busy one. */
const READ_WITHIN_MS = 25;

/** The way out of a pipelined connection to a HAProxy that multiplexes. */
export class Pacing {
  /** Bytes that may be unread: one less than HAProxy's buffer has. */
  readonly #room: number;
  readonly #largestSmallAck: number;
  readonly #write: (bytes: Buffer) => void;
  readonly #drained: () => void;
  #held: Buffer[] = [];
  #heldBytes = 0;
  #unread = 0;
  #written = 0;
  #writtenAt = 0;
  #convertedAt = 0;
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param readBufferSize of HAProxy, in bytes
   * @param write writes at once
   * @param drained is called when nothing is held any more
   */
  constructor(readBufferSize: number, write: (bytes: Buffer) => void, drained: () => void) {
    this.#room = readBufferSize - 1;
    this.#largestSmallAck = Math.floor((this.#room - HELLO_ROOM) / MAX_STREAMS);
    this.#write = write;
    this.#drained = drained;
  }

  /** Whether HAProxy was told to have one stream at a time on this connection. */
  get converting(): boolean {
    return this.#convertedAt > 0;
  }

  /** Whether nothing is held. */
  get idle(): boolean {
    return this.#heldBytes === 0;
  }

  /** Whether more is held than HAProxy can be waiting for. */
  get full(): boolean {
    return this.#heldBytes > MAX_STREAMS * this.#room;
  }

  /** Whether all frames in `output` may leave at once; they are counted then. */
  passes(output: Writer): boolean {
    if (this.#convertedAt > 0 || (output.offset > this.#largestSmallAck && this.#hasLargeFrame(output))) return false;
    this.#written += output.offset;
    return true;
  }

  #hasLargeFrame({ bytes, offset: end }: Writer): boolean {
    for (let at = 0; at < end; ) {
      const size = LENGTH_BYTES + bytes.readUInt32BE(at);
      if (size > this.#largestSmallAck) return true;
      at += size;
    }
    return false;
  }

  /** Tells HAProxy to have one stream at a time from now on, by an AGENT-HELLO without pipelining. */
  convert(hello: Buffer): void {
    if (this.#convertedAt > 0) return;
    this.#unread = Math.min(this.#written, MAX_STREAMS * this.#largestSmallAck);
    this.#convertedAt = performance.now();
    this.#writeNow(hello);
  }

  /** Holds the frames in `output` until there is room for them. */
  hold(output: Writer): void {
    const whole = output.take();
    for (let at = 0; at < whole.length; ) {
      const end = at + LENGTH_BYTES + whole.readUInt32BE(at);
      this.#held.push(whole.subarray(at, end));
      at = end;
    }
    this.#heldBytes += whole.length;
    output.offset = 0;
    if (this.#timer === undefined) this.#pump();
  }

  /**
   * Whether the conversion is over, seen when a NOTIFY comes while no other is unanswered: HAProxy has read the AGENT-HELLO,
   * and had no stream left when it sent this NOTIFY.
   */
  get over(): boolean {
    return this.idle && performance.now() - this.#convertedAt >= READ_WITHIN_MS;
  }

  #pump(): void {
    this.#timer = undefined;
    const sinceWrite = performance.now() - this.#writtenAt;
    if (sinceWrite >= READ_WITHIN_MS) this.#unread = 0;
    let count = 0;
    let bytes = 0;
    for (const frame of this.#held) {
      if (this.#unread + bytes + frame.length > this.#room) break;
      bytes += frame.length;
      count++;
    }
    if (count > 0) this.#writeNow(Buffer.concat(this.#held.splice(0, count), bytes));
    this.#heldBytes -= bytes;
    if (!this.idle) this.#timer = setTimeout(() => this.#pump(), READ_WITHIN_MS);
    else this.#drained();
  }

  #writeNow(bytes: Buffer): void {
    this.#unread += bytes.length;
    this.#writtenAt = performance.now();
    this.#write(bytes);
  }

  /** Writes what is held without waiting: the connection ends. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (!this.idle) this.#write(Buffer.concat(this.#held, this.#heldBytes));
    this.#held = [];
    this.#heldBytes = 0;
  }
}
