import type { Duplex } from 'node:stream';
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
 * Small ACKs fill the buffer too when there are more than 20 of them: HAProxy forgets a stream after `timeout processing` and
 * takes the next, so a handler that was stuck may owe hundreds of answers. That backlog leaves a buffer at a time as well.
 * Somebody still waits for its newest answers, and perhaps for its oldest, so these leave in turn.
 *
 * Seen on 3.2.26 and 3.4.7: `test/haproxy/pacing.test.ts`.
 */

/** Streams that HAProxy has on one connection at most. */
const MAX_STREAMS = 20;
/** Room for an AGENT-HELLO behind 20 small ACKs, in bytes. */
const HELLO_ROOM = 96;
/** A HAProxy that gets the processor has read what was written this long ago. 5 ms do on an idle machine, 10 on a busy one. */
const READ_WITHIN_MS = 25;
/** The same for a backlog, which can wait: on a machine that had far too much to do, 25 ms were not enough now and then. */
const BACKLOG_READ_WITHIN_MS = 100;

/** The way out of a pipelined connection to a HAProxy that multiplexes. */
export class Pacing {
  /** Bytes that may be unread: one less than HAProxy's buffer has. */
  readonly #room: number;
  readonly #largestSmallAck: number;
  readonly #duplex: Duplex;
  readonly #drained: () => void;
  #held: Buffer[] = [];
  #heldBytes = 0;
  #newestIsNext = true;
  #unread = 0;
  #written = 0;
  #writtenAt = 0;
  #convertedAt = 0;
  /** More NOTIFYs are, or were, unanswered than HAProxy has streams. */
  #backlog = false;
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param readBufferSize of HAProxy, in bytes
   * @param drained is called, in a turn of its own, when nothing is held any more
   */
  constructor(readBufferSize: number, duplex: Duplex, drained: () => void) {
    this.#room = readBufferSize - 1;
    this.#largestSmallAck = Math.floor((this.#room - HELLO_ROOM) / MAX_STREAMS);
    this.#duplex = duplex;
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
    if (output.offset === 0) return true;
    if (this.#convertedAt > 0 || this.needsConversion(output) || this.#hasBacklog(output, inFlight)) return false;
    this.#written += output.offset;
    return true;
  }

  /** Whether an ACK in `output` is too large for 20 streams. */
  needsConversion(output: Writer): boolean {
    return this.#convertedAt === 0 && output.offset > this.#largestSmallAck && this.#hasLargeFrame(output);
  }

  /** Whether there are more ACKs than HAProxy has streams, and more bytes of them than it has room for. */
  #hasBacklog({ bytes, offset }: Writer, inFlight: number): boolean {
    if (this.#backlog) {
      this.#backlog = inFlight > MAX_STREAMS || !this.idle || !this.#isRead;
    } else if (offset > this.#room || (inFlight > MAX_STREAMS && inFlight * bytes.readUInt32BE(0) > this.#room)) {
      this.#backlog = true;
      this.#startCounting();
    }
    return this.#backlog;
  }

  #hasLargeFrame({ bytes, offset: end }: Writer): boolean {
    for (let at = 0; at < end; ) {
      const size = LENGTH_BYTES + bytes.readUInt32BE(at);
      if (size > this.#largestSmallAck) return true;
      at += size;
    }
    return false;
  }

  /** From now on bytes are counted; as many may be unread as 20 streams can have. */
  #startCounting(): void {
    this.#unread = Math.min(this.#written, MAX_STREAMS * this.#largestSmallAck);
    this.#writtenAt = performance.now();
  }

  /** Whether HAProxy has read what was written last, by the time that has passed. */
  get #isRead(): boolean {
    return performance.now() - this.#writtenAt >= this.#readWithinMs;
  }

  get #readWithinMs(): number {
    return this.#backlog ? BACKLOG_READ_WITHIN_MS : READ_WITHIN_MS;
  }

  /** Tells HAProxy to have one stream at a time from now on, by an AGENT-HELLO without pipelining. */
  convert(hello: Buffer): void {
    if (this.#convertedAt > 0) return;
    this.#convertedAt = performance.now();
    if (this.#backlog) {
      this.#backlog = false;
      // It leaves with the next that leave: `over` must not be true before.
      this.#convertedAt += BACKLOG_READ_WITHIN_MS;
      this.#hold(hello);
      return;
    }
    this.#startCounting();
    this.#writeNow(hello);
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
    if (!this.#duplex.writableNeedDrain) {
      if (this.#isRead) this.#unread = 0;
      const due = this.#takeDue();
      this.#heldBytes -= due.length;
      if (due.length > 0) this.#writeNow(due);
    }
    if (!this.idle) this.#timer = setTimeout(() => this.#pumpOn(), this.#readWithinMs);
  }

  /** As many frames as there is room for: the newest and the oldest in turn. */
  #takeDue(): Buffer {
    const frames: Buffer[] = [];
    for (let room = this.#room - this.#unread; ; this.#newestIsNext = !this.#newestIsNext) {
      const next = this.#newestIsNext ? this.#held.at(-1) : this.#held[0];
      if (next === undefined || next.length > room) return Buffer.concat(frames);
      room -= next.length;
      frames.push(next);
      if (this.#newestIsNext) this.#held.pop();
      else this.#held.shift();
    }
  }

  #pumpOn(): void {
    this.#timer = undefined;
    this.#pump();
    if (this.idle) this.#drained();
  }

  #writeNow(bytes: Buffer): void {
    this.#unread += bytes.length;
    this.#writtenAt = performance.now();
    this.#duplex.write(bytes);
  }

  /** Writes what is held without waiting: the connection ends. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (!this.idle) this.#duplex.write(Buffer.concat(this.#held, this.#heldBytes));
    this.#held = [];
    this.#heldBytes = 0;
  }
}
