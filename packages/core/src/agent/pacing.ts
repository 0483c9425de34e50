import { LENGTH_BYTES } from '../wire/frame.ts';
import type { Writer } from '../wire/writer.ts';
import type { Outbox } from './outbox.ts';

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
 * Small ACKs fill the buffer too when there are more than 20 of them: HAProxy forgets a stream after `timeout processing` and
 * takes the next, so a handler that was stuck may owe hundreds of answers. That backlog leaves a quarter of a buffer at a time.
 * Somebody still waits for 20 of its answers at most, the newest as a rule, so these leave first, with one of the others.
 *
 * Seen on 3.2.26 and 3.4.7: `pacing.test.ts` and `stuck-handlers.test.ts` in `test/haproxy`. For users: `docs/haproxy-buffer.md`.
 */

/** Streams that HAProxy has on one connection at most. */
const MAX_STREAMS = 20;
/** Room for an AGENT-HELLO behind 20 small ACKs, in bytes. */
const HELLO_ROOM = 96;
/** A HAProxy that gets the processor has read what was written this long ago. 5 ms do on an idle machine, 10 on a busy one. */
const READ_WITHIN_MS = 25;
/** On a machine that has far too much to do, 25 ms were not enough now and then: a backlog, which can wait, has four times that. */
const BACKLOG_PARTS = 4;

/** The way out of a pipelined connection to a HAProxy that multiplexes. */
export class Pacing {
  /** Bytes that may be unread: one less than HAProxy's buffer has. */
  readonly #room: number;
  readonly #largestSmallAck: number;
  readonly #outbox: Outbox;
  readonly #drained: () => void;
  #held: Buffer[] = [];
  #heldBytes = 0;
  /** Bytes that may be unread since they are counted; of a backlog, those of the part that leaves now. */
  #unread = 0;
  #written = 0;
  #writtenAt = 0;
  #convertedAt = 0;
  /** More NOTIFYs are unanswered than HAProxy has streams, or were at `crowdedAt`. When the current part of it began. */
  #backlog = false;
  #crowdedAt = 0;
  #partAt = 0;
  #inFlight = 0;
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param readBufferSize of HAProxy, in bytes
   * @param drained is called, in a turn of its own, when nothing is held any more
   */
  constructor(readBufferSize: number, outbox: Outbox, drained: () => void) {
    this.#room = readBufferSize - 1;
    this.#largestSmallAck = Math.floor((this.#room - HELLO_ROOM) / MAX_STREAMS);
    this.#outbox = outbox;
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

  /**
   * Whether all frames in `output` may leave at once; they are counted then.
   *
   * @param inFlight NOTIFYs that stay unanswered behind them
   */
  passes(output: Writer, inFlight: number): boolean {
    const length = output.offset;
    if (length === 0) return true;
    if (this.#convertedAt > 0 || this.needsConversion(output)) return false;
    this.#inFlight = inFlight;
    if (!this.#hasBacklog(output)) this.#written += length;
    else if (!this.idle || length > this.#budget) return false;
    else this.#unread += length;
    return true;
  }

  /** Whether an ACK in `output` is too large for 20 streams. */
  needsConversion(output: Writer): boolean {
    return this.#convertedAt === 0 && output.offset > this.#largestSmallAck && this.#hasLargeFrame(output);
  }

  /** Whether there are more ACKs than HAProxy has streams, and more bytes of them than it has room for. */
  #hasBacklog({ bytes, offset }: Writer): boolean {
    const inFlight = this.#inFlight;
    if (this.#backlog) {
      this.#noteCrowd();
      this.#backlog = performance.now() - this.#crowdedAt < BACKLOG_PARTS * READ_WITHIN_MS;
    } else if (offset > this.#room || (inFlight > MAX_STREAMS && inFlight * bytes.readUInt32BE(0) > this.#room)) {
      this.#backlog = true;
      this.#crowdedAt = performance.now();
      this.#partAt = this.#crowdedAt;
      // Whatever has left before comes first.
      this.#unread = this.#room;
    }
    return this.#backlog;
  }

  #noteCrowd(): void {
    if (this.#inFlight + this.#held.length > MAX_STREAMS) this.#crowdedAt = performance.now();
  }

  /** How many bytes may be written now. */
  get #budget(): number {
    const now = performance.now();
    if (now - (this.#backlog ? this.#partAt : this.#writtenAt) >= READ_WITHIN_MS) {
      this.#unread = 0;
      this.#partAt = now;
    }
    return (this.#backlog ? this.#room / BACKLOG_PARTS : this.#room) - this.#unread;
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
    this.#convertedAt = performance.now();
    if (this.#backlog) {
      this.#backlog = false;
      this.#unread = this.#room;
      this.#writtenAt = this.#convertedAt;
      // It leaves with the next that leave: `over` must not be true before.
      this.#convertedAt += READ_WITHIN_MS;
      this.#hold(hello);
    } else {
      this.#unread = Math.min(this.#written, MAX_STREAMS * this.#largestSmallAck);
      this.#writeNow(hello);
    }
  }

  /** Holds the frames in `output` until there is room for them. */
  hold(output: Writer): void {
    const frames = output.take();
    output.offset = 0;
    this.#hold(frames);
  }

  #hold(frames: Buffer): void {
    for (let at = 0; at < frames.length; ) {
      const end = at + LENGTH_BYTES + frames.readUInt32BE(at);
      this.#held.push(frames.subarray(at, end));
      at = end;
    }
    this.#heldBytes += frames.length;
    this.#noteCrowd();
    if (this.#timer === undefined) this.#pump();
  }

  /**
   * Whether the conversion is over, seen when a NOTIFY comes while no other is unanswered: HAProxy has read the AGENT-HELLO,
   * and had no stream left when it sent this NOTIFY.
   */
  get over(): boolean {
    return this.idle && performance.now() - this.#convertedAt >= READ_WITHIN_MS;
  }

  /** Writes as much as there is room for, and comes back for the rest. */
  #pump(): void {
    // A peer that does not read at all gets no more either.
    if (!this.#outbox.full) {
      const due = this.#takeDue(this.#budget);
      this.#heldBytes -= due.length;
      if (due.length > 0) this.#writeNow(due);
    }
    if (!this.idle) this.#timer = setTimeout(() => this.#pumpOn(), READ_WITHIN_MS);
  }

  /** As many frames as go into `room` bytes: the oldest one, then those that somebody may wait for, then the others. */
  #takeDue(room: number): Buffer {
    const frames: Buffer[] = [];
    let from = 0;
    for (;;) {
      const next = this.#held[from];
      if (next === undefined || next.length > room) return Buffer.concat(frames);
      room -= next.length;
      frames.push(next);
      this.#held.splice(from, 1);
      if (frames.length === 1) from = Math.max(0, this.#held.length - MAX_STREAMS);
      if (from === this.#held.length) from = 0;
    }
  }

  #pumpOn(): void {
    this.#timer = undefined;
    this.#noteCrowd();
    this.#pump();
    if (this.idle) this.#drained();
  }

  #writeNow(bytes: Buffer): void {
    this.#unread += bytes.length;
    this.#writtenAt = performance.now();
    this.#outbox.write(bytes);
  }

  /** Writes what is held without waiting: the connection ends. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (!this.idle) this.#outbox.write(Buffer.concat(this.#held, this.#heldBytes));
    this.#held = [];
    this.#heldBytes = 0;
  }
}
