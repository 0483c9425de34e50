import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { SpoaError, type SpoaErrorCode } from '../errors.ts';
import type { Logger } from '../logger.ts';
import { decodeDisconnect, encodeAgentDisconnect } from '../wire/disconnect.ts';
import { beginFrame, endFrame, FrameFlag, FrameType, LENGTH_BYTES, readId } from '../wire/frame.ts';
import { FrameSplitter } from '../wire/frame-splitter.ts';
import { decodeHaproxyHello, encodeAgentHello } from '../wire/hello.ts';
import type { MessageIndex } from '../wire/message-index.ts';
import { asBuffer, Reader } from '../wire/reader.ts';
import { StatusCode } from '../wire/status-code.ts';
import type { Writer } from '../wire/writer.ts';
import type { Agent } from './agent.ts';
import type { ConnectionCounts } from './counts.ts';
import {
  connectionDisconnect,
  connectionHello,
  connectionRejected,
  notifyEnd,
  notifyFailed,
  notifyRejected,
  notifyStart,
} from './diagnostics.ts';
import { Fragments } from './fragments.ts';
import { agree } from './handshake.ts';
import { InFlight } from './in-flight.ts';
import type { Limits } from './limits.ts';
import { type Handler, NotifyContext, type NotifySource } from './notify-context.ts';
import { Outbox } from './outbox.ts';
import { Pacing } from './pacing.ts';
import { describePeer, type Peer } from './peer.ts';
import { indexPool, outputPool } from './pools.ts';
import { makeStatic } from './static-socket.ts';
import { guessProtocol } from './strangers.ts';
import { isThenable } from './thenable.ts';

/** What all connections of an agent share. */
export interface ConnectionHost {
  readonly agent: Agent;
  readonly handler: Handler;
  readonly limits: Limits;
  readonly logger: Logger;
  /** A clock in milliseconds that is set now and then: time-outs need no better one, and frames must not ask for the time. */
  readonly now: number;
  /** Whether HAProxy 3.1 and newer are offered pipelining. */
  readonly pipelining: boolean;
  /** Called at the first ACK that is too large for pipelining with HAProxy 3.1 and newer: see `pacing.ts`. */
  stopPipelining(): void;
  /** Called once, when nothing is left of the connection. */
  closed(connection: Connection): void;
}

/**
 * - `hello`: waits for HAPROXY-HELLO;
 * - `open`: answers NOTIFYs;
 * - `leaving`: HAProxy said goodbye; what is in flight is answered, then we say it too;
 * - `closing`: our last byte is written, the peer is expected to close;
 * - `closed`.
 */
type State = 'hello' | 'open' | 'leaving' | 'closing' | 'closed';

/** A HAPROXY-HELLO has 133 bytes; nobody gets memory for more before he has said it. */
const MAX_HELLO_SIZE = 4096;

/** ACKs of one turn leave together, up to about this many bytes: what a peer makes us hold before it is seen to read. */
const LARGE_OUTPUT = 64 * 1024;

/** ACKs that a goodbye follows in the same write are no larger: HAProxy's buffer has room for both, in bytes. */
const LAST_OUTPUT = 4096;

const NOTHING = Buffer.alloc(0);
/** What HAProxy is told when the agent closes. */
const CLOSING = 'the agent is closing';

/** Why reading is stopped. */
const Pause = { OUTPUT: 1, IN_FLIGHT: 2 } as const;

/** One connection of HAProxy: a state machine between a duplex and the handler. */
export class Connection implements NotifySource, ConnectionCounts {
  engineId: string | undefined;
  maxAckSize = 0;
  frames = 0;
  notifies = 0;
  bytesReceived = 0;
  readonly #host: ConnectionHost;
  readonly #duplex: Duplex;
  readonly #outbox: Outbox;
  readonly #splitter: FrameSplitter;
  readonly #reader = new Reader(NOTHING);
  /** Whether chunks lie in memory that other connections use next. */
  readonly #sharesMemory: boolean;
  readonly #inFlight = new InFlight({
    failed: (notify, error) => this.#handlerFailed(notify, error),
    done: () => this.#resumeBelowLimit(),
    settled: () => this.#sendSettled(),
  });
  #state: State = 'hello';
  #output: Writer | undefined;
  #peer: Peer | undefined;
  #ended: AbortController | undefined;
  /** There when fragmentation was agreed on. */
  #fragments: Fragments | undefined;
  /** There while HAProxy may have several streams on this connection and must not be overfed. */
  #pacing: Pacing | undefined;
  /** HAProxy was told to have one stream at a time on this connection: what a newer NOTIFY finds unanswered was given up. */
  #oneStream = false;
  /** The HELLO was that of a multiplexer, and the first NOTIFY is still to say whether it is one. */
  #eraUncertain = false;
  /** A malformed NOTIFY was logged. */
  #malformed = false;
  #agreedMaxFrameSize = 0;
  #pauses = 0;
  #draining = false;
  #lastCall = false;
  /** When what is read now came, where somebody observes NOTIFYs; else 0, and nobody asks for the time. */
  #observedAt = 0;
  /** When the state was entered, when a byte came last, and since when a frame is incomplete (0: none is). */
  #enteredAt: number;
  #receivedAt: number;
  #incompleteSince = 0;

  /** @param accepted whether `duplex` is a socket that was just accepted, is paused, and known to nobody else */
  constructor(host: ConnectionHost, given: Duplex, accepted: boolean) {
    const read = (chunk: Buffer, length: number): void => this.#receive(chunk, length);
    const moved = accepted && given instanceof Socket ? makeStatic(given, read) : undefined;
    const duplex = moved ?? given;
    this.#host = host;
    this.#duplex = duplex;
    this.#outbox = new Outbox(duplex, () => this.#drained());
    this.#splitter = new FrameSplitter(MAX_HELLO_SIZE, (type) => this.#accepts(type));
    this.#enteredAt = host.now;
    this.#receivedAt = host.now;
    // A socket that has vanished no longer knows; one that is being connected does not know yet.
    if ((duplex as Partial<Socket>).connecting !== true) this.#peer = describePeer(duplex);
    duplex.on('data', (chunk: Uint8Array) => this.#receive(asBuffer(chunk), chunk.length));
    duplex.on('end', () => this.#peerEnded());
    // A reset is how HAProxy ends connections that it no longer needs.
    duplex.on('error', (error: NodeJS.ErrnoException) => this.#lost(error));
    duplex.on('close', () => this.#gone());
    if (accepted) duplex.resume();
    this.#sharesMemory = moved !== undefined;
  }

  get agent(): Agent {
    return this.#host.agent;
  }

  get bytesSent(): number {
    return this.#outbox.bytesSent;
  }

  get peer(): Peer {
    this.#peer ??= describePeer(this.#duplex);
    return this.#peer;
  }

  get signal(): AbortSignal {
    this.#ended ??= new AbortController();
    if (this.#state === 'closed') this.#ended.abort(peerGone());
    return this.#ended.signal;
  }

  /** NOTIFYs whose handlers are not done. */
  get inFlight(): number {
    return this.#inFlight.size;
  }

  #receive(chunk: Buffer, length: number): void {
    if (this.#state === 'closing' || this.#state === 'closed') return;
    this.#receivedAt = this.#host.now;
    this.bytesReceived += length;
    this.#splitter.feed(chunk, length);
    this.#read();
    if (this.#pauses !== 0 && this.#sharesMemory) this.#splitter.keep();
  }

  /** Takes the frames of the chunk, until it is used up or reading is paused. */
  #read(): void {
    const output = outputPool.take();
    this.#output = output;
    this.#observedAt = notifyEnd.hasSubscribers || notifyStart.hasSubscribers ? performance.now() : 0;
    try {
      while (this.#takesFrames && this.#splitter.next()) {
        this.#frame();
        if (this.#fragments?.open !== true) this.#incompleteSince = 0;
        if (output.offset >= LARGE_OUTPUT) this.#write(output);
      }
    } catch (error) {
      this.#fail(error);
    }
    if (this.#lastCall) this.#leaveBehind(output);
    this.#output = undefined;
    // An idle connection holds on to nothing that it has read.
    this.#reader.reset(NOTHING, 0, 0);
    if (this.#incomplete) this.#incompleteSince ||= this.#host.now;
    else this.#incompleteSince = 0;
    this.#send(output);
  }

  get #takesFrames(): boolean {
    return this.#pauses === 0 && (this.#state === 'open' || this.#state === 'hello');
  }

  get #incomplete(): boolean {
    return this.#splitter.heldLength > 0 || this.#fragments?.open === true;
  }

  #accepts(type: number): boolean {
    if (this.#state === 'hello') return type === FrameType.HAPROXY_HELLO;
    return type === FrameType.NOTIFY || type === FrameType.HAPROXY_DISCONNECT || type === FrameType.UNSET;
  }

  #frame(): void {
    this.frames++;
    const { bytes, start, end } = this.#splitter;
    const reader = this.#reader;
    reader.reset(bytes, start, end);
    const type = reader.u8();
    const flags = reader.u32();
    const streamId = readId(reader);
    const frameId = readId(reader);
    if (type === FrameType.NOTIFY && (flags & FrameFlag.FIN) !== 0 && this.#fragments?.open !== true) {
      this.#notify(reader, streamId, frameId);
    } else if (type === FrameType.NOTIFY || type === FrameType.UNSET) {
      this.#fragment(type, flags, streamId, frameId);
    } else if ((flags & FrameFlag.FIN) === 0 || streamId !== 0 || frameId !== 0) {
      throw new SpoaError('SPOA_FRAME_INVALID', 'HELLO and DISCONNECT are one frame with the ids 0');
    } else if (type === FrameType.HAPROXY_HELLO) {
      this.#hello(reader.view(reader.remaining));
    } else {
      this.#disconnect(reader.view(reader.remaining));
    }
  }

  #hello(payload: Buffer): void {
    const { limits, logger } = this.#host;
    const announced = decodeHaproxyHello(payload);
    const agreement = agree(announced, limits.maxFrameSize, this.#host.pipelining);
    this.engineId = agreement.engineId;
    this.maxAckSize = agreement.maxFrameSize - 1;
    this.#splitter.maxFrameSize = agreement.maxReceivedFrameSize;
    if (agreement.fragmentation) this.#fragments = new Fragments(limits.maxNotifySize);
    (this.#output as Writer).raw(encodeAgentHello(agreement.hello));
    if (connectionHello.hasSubscribers) {
      const { healthcheck, maxFrameSize, hello } = agreement;
      const { capabilities } = hello;
      connectionHello.publish({ agent: this.agent, connection: this, healthcheck, maxFrameSize, capabilities });
    }
    if (agreement.healthcheck) {
      logger.debug({ peer: this.peer }, 'health check answered');
      this.#end();
      return;
    }
    this.#enter('open');
    const { maxFrameSize, engineId, hello, readBufferSize } = agreement;
    this.#agreedMaxFrameSize = maxFrameSize;
    if (readBufferSize !== undefined) {
      if (hello.capabilities.includes('pipelining')) this.#pace(readBufferSize);
      else this.#oneStream = !this.#host.pipelining;
      // One that has to send less than it announced may have given up the first NOTIFYs, and their ids with them.
      this.#eraUncertain = maxFrameSize === announced.maxFrameSize;
    }
    logger.debug({ peer: this.peer, engineId, maxFrameSize, capabilities: hello.capabilities }, 'connection open');
  }

  #pace(readBufferSize: number): void {
    this.#pacing = new Pacing(readBufferSize, this.#outbox, () => {
      this.#drained();
      if (this.#state === 'leaving') this.#leaveWhenDone();
    });
  }

  /** Asks HAProxy to have one stream at a time on this connection from now on. */
  stopPipelining(): void {
    if (this.#state !== 'open') return;
    const { version, maxFrameSize, capabilities } = {
      version: '2.0',
      maxFrameSize: this.#agreedMaxFrameSize,
      capabilities: [],
    };
    this.#pacing?.convert(encodeAgentHello({ version, maxFrameSize, capabilities }));
  }

  #notify(reader: Reader, streamId: number, frameId: number): void {
    this.notifies++;
    if (this.#eraUncertain) this.#tellEra(streamId, frameId);
    if (this.#oneStream || this.#pacing?.converting === true) this.#oneAtATime(streamId, frameId);
    const output = this.#output as Writer;
    const payloadStart = reader.offset;
    const index = indexPool.take();
    const notify = new NotifyContext(this, index, output, streamId, frameId);
    const result = this.#isSound(notify, index, reader) ? this.#handle(notify) : undefined;
    if (result !== undefined) {
      notify.detach(payloadStart, reader.end);
      this.#inFlight.add(notify, result);
      if (this.#inFlight.size >= this.#host.limits.maxInFlight) this.#pause(Pause.IN_FLIGHT);
      return;
    }
    notify.settle();
  }

  /** Finds the messages. One NOTIFY that cannot be read is answered empty, and costs no other. */
  #isSound(notify: NotifyContext, index: MessageIndex, reader: Reader): boolean {
    try {
      index.parse(reader);
      return true;
    } catch (error) {
      if (!(error instanceof SpoaError)) throw error;
      const { streamId, frameId } = notify;
      this.#tellRejected(streamId, frameId, error);
      const facts = { peer: this.peer, streamId, frameId, code: error.code, ...error.facts };
      const { logger } = this.#host;
      // A peer can send very many of them.
      if (this.#malformed) logger.debug(facts, `malformed NOTIFY: ${error.message}`);
      else logger.warn(facts, `malformed NOTIFY, answered empty (said once a connection): ${error.message}`);
      this.#malformed = true;
      return false;
    }
  }

  #tellRejected(streamId: number, frameId: number, error: SpoaError): void {
    if (!notifyRejected.hasSubscribers) return;
    notifyRejected.publish({ agent: this.agent, connection: this, streamId, frameId, error });
  }

  #handle(notify: NotifyContext): PromiseLike<unknown> | undefined {
    if (this.#observedAt !== 0) notify.observe(this.#observedAt);
    try {
      const returned = this.#host.handler(notify);
      return isThenable(returned) ? returned : undefined;
    } catch (error) {
      this.#handlerFailed(notify, error);
      return undefined;
    }
  }

  /** The first stream of a multiplexer's connection is number 1: any other is of HAProxy up to 3.0 with `no option async`. */
  #tellEra(streamId: number, frameId: number): void {
    this.#eraUncertain = false;
    if (streamId !== 1 || frameId !== 1) this.#stopPacing();
  }

  #oneAtATime(streamId: number, frameId: number): void {
    // The next ones have odd ids, and one frame each.
    if (streamId % 2 === 0 || frameId !== 1) return this.#stopPacing();
    if (!this.#oneStream) {
      if (!this.#isQuiet || this.#pacing?.over !== true) return;
      this.#pacing = undefined;
      this.#oneStream = true;
    }
    if (this.#isQuiet) return;
    // Nobody waits for what its ACK would say any more, and a large one would only fill HAProxy's buffer.
    this.#answerEmpty(new SpoaError('SPOA_TIMEOUT', 'HAProxy gave this NOTIFY up: it has sent the next'));
    this.#resume(Pause.IN_FLIGHT);
  }

  #stopPacing(): void {
    this.#pacing?.flush();
    this.#pacing = undefined;
    this.#oneStream = false;
    this.#resume(Pause.OUTPUT);
  }

  /** Whether every NOTIFY is answered. */
  get #isQuiet(): boolean {
    return this.#inFlight.isEmpty && this.#pacing?.idle !== false;
  }

  #handlerFailed(notify: NotifyContext, error: unknown): void {
    notify.clearActions();
    if (notifyFailed.hasSubscribers) notifyFailed.publish({ agent: this.agent, connection: this, notify, error });
    const { streamId, frameId } = notify;
    this.#host.logger.error({ peer: this.peer, streamId, frameId, err: error }, 'NOTIFY failed: its ACK is empty');
  }

  #resumeBelowLimit(): void {
    if (this.#inFlight.size < this.#host.limits.maxInFlight) this.#resume(Pause.IN_FLIGHT);
  }

  /** The ACKs of the handlers that ended in one turn leave together. */
  #sendSettled(): void {
    const listens = this.#state === 'open' || this.#state === 'leaving';
    const output = outputPool.take();
    this.#inFlight.write(listens ? output : undefined, () => {
      if (output.offset >= LARGE_OUTPUT) this.#write(output);
    });
    if (this.#lastCall) this.#leaveBehind(output);
    this.#send(output);
    if (this.#state === 'leaving') this.#leaveWhenDone();
  }

  #send(output: Writer): void {
    this.#write(output);
    outputPool.give(output);
  }

  #write(output: Writer): void {
    const pacing = this.#pacing;
    if (pacing === undefined || pacing.passes(output, this.#inFlight.size)) {
      this.#outbox.send(output);
      if (this.#outbox.full) this.#pause(Pause.OUTPUT);
      return;
    }
    if (pacing.needsConversion(output)) {
      this.#host.stopPipelining();
      this.stopPipelining();
    }
    pacing.hold(output);
    if (pacing.full) this.#pause(Pause.OUTPUT);
  }

  /** Something has left: reading may go on, unless enough still waits. */
  #drained(): void {
    if (this.#pacing?.full !== true && !this.#outbox.full) this.#resume(Pause.OUTPUT);
  }

  /** A part of a NOTIFY, or its abortion. */
  #fragment(type: number, flags: number, streamId: number, frameId: number): void {
    if (this.#fragments === undefined) {
      throw new SpoaError('SPOA_FRAGMENTATION_UNSUPPORTED', 'a fragment, though fragmentation was not agreed on');
    }
    const reader = this.#reader;
    const part = reader.view(reader.remaining);
    const result = this.#fragments.take(type, flags, streamId, frameId, part);
    if (result instanceof SpoaError) this.#refuse(result, streamId, frameId);
    else if (result !== undefined) this.#notify(new Reader(result), streamId, frameId);
  }

  /** ACK with ABORT: HAProxy gives this NOTIFY up, and the connection lives on (SPOP specification, section 3.2.7). */
  #refuse(error: SpoaError, streamId: number, frameId: number): void {
    this.#tellRejected(streamId, frameId, error);
    this.#host.logger.warn({ peer: this.peer, streamId, frameId, ...error.facts }, error.message);
    const output = this.#output as Writer;
    output.limit = Number.POSITIVE_INFINITY;
    endFrame(output, beginFrame(output, FrameType.ACK, FrameFlag.FIN | FrameFlag.ABORT, streamId, frameId));
  }

  #disconnect(payload: Buffer): void {
    const { statusCode, message } = decodeDisconnect(payload);
    if (connectionDisconnect.hasSubscribers) {
      connectionDisconnect.publish({ agent: this.agent, connection: this, status: statusCode, message });
    }
    const { logger } = this.#host;
    const facts = { peer: this.peer, engineId: this.engineId, status: statusCode, reason: message };
    if (statusCode === StatusCode.NORMAL || statusCode === StatusCode.TIMEOUT)
      logger.debug(facts, 'HAProxy disconnects');
    else logger.warn(facts, 'HAProxy disconnects because of an error');
    this.#enter('leaving');
    this.#leaveWhenDone();
  }

  #leaveWhenDone(): void {
    if (this.#isQuiet) this.leave(StatusCode.NORMAL, 'normal');
  }

  /** The peer broke the rules: one line in the log, the status on the wire, and the end of this connection only. */
  #fail(error: unknown): void {
    const { logger } = this.#host;
    const speaks = this.#state === 'hello' ? guessProtocol(this.#splitter.head) : undefined;
    const code = speaks !== undefined ? 'SPOA_NOT_SPOP' : error instanceof SpoaError ? error.code : undefined;
    this.#tellConnectionRejected(code, error);
    if (speaks !== undefined) {
      logger.warn({ peer: this.peer, code: 'SPOA_NOT_SPOP' }, `the peer speaks ${speaks} instead of SPOP: closed`);
      this.#end();
    } else if (error instanceof SpoaError) {
      const facts = { peer: this.peer, code: error.code, status: error.status, ...error.facts };
      logger.warn(facts, `${error.message}: closed`);
      this.leave(error.status, error.message, error);
    } else {
      logger.error({ peer: this.peer, err: error }, 'the agent itself failed: connection closed');
      this.leave(StatusCode.UNKNOWN, 'the agent failed');
    }
  }

  #tellConnectionRejected(code: SpoaErrorCode | undefined, error: unknown): void {
    if (!connectionRejected.hasSubscribers) return;
    connectionRejected.publish({ agent: this.agent, connection: this, code, error });
  }

  /** Says AGENT-DISCONNECT in one write, behind what is due, and closes. */
  leave(status: number, message: string, reason?: SpoaError): void {
    if (this.#state === 'closing' || this.#state === 'closed') return;
    const output = this.#output ?? outputPool.take();
    this.#pacing?.flush();
    this.#pacing = undefined;
    output.limit = Number.POSITIVE_INFINITY;
    output.raw(encodeAgentDisconnect({ statusCode: status, message }));
    if (this.#output === undefined) this.#send(output);
    this.#end(reason);
  }

  /** Writes no more after what is in the output now. */
  #end(reason?: SpoaError): void {
    this.#enter('closing');
    this.#pacing?.flush();
    this.#pacing = undefined;
    this.#inFlight.end(reason ?? new SpoaError('SPOA_AGENT_CLOSED', 'the connection was closed by the agent'));
    this.#fragments?.reset();
    this.#incompleteSince = 0;
    if (this.#output !== undefined) this.#outbox.send(this.#output);
    this.#duplex.end();
    this.#pauses = 0;
    this.#duplex.resume();
  }

  #lost({ code, message }: NodeJS.ErrnoException): void {
    if (this.#state === 'closing') return;
    this.#host.logger.debug({ peer: this.peer, reason: code ?? message }, 'connection lost');
  }

  #peerEnded(): void {
    if (this.#state !== 'closing' && this.#state !== 'closed') this.#end(peerGone());
  }

  #gone(): void {
    if (this.#state === 'closed') return;
    this.#enter('closed');
    this.#pacing?.flush();
    this.#inFlight.end(peerGone());
    this.#ended?.abort(peerGone());
    this.#host.closed(this);
  }

  #enter(state: State): void {
    this.#state = state;
    this.#enteredAt = this.#host.now;
  }

  #pause(why: number): void {
    this.#pauses |= why;
    this.#duplex.pause();
  }

  #resume(why: number): void {
    if ((this.#pauses & why) === 0) return;
    this.#pauses &= ~why;
    if (this.#pauses !== 0) return;
    // What the peer could not finish while nobody read is not held against it.
    if (this.#incompleteSince > 0) this.#incompleteSince = this.#host.now;
    // First what is left of the last chunk. Within the loop that takes its frames, that loop just goes on.
    if (this.#output === undefined) this.#read();
    if (this.#pauses === 0) this.#duplex.resume();
  }

  /** From now on the connection ends in its first quiet moment: see `sweep`. The clock was `clockStepMs` behind at most. */
  drain(clockStepMs: number): void {
    this.#draining = true;
    this.#receivedAt = Math.min(this.#host.now, this.#receivedAt + clockStepMs);
  }

  /** It was never quiet: from now on it ends behind the first ACK that leaves nothing unanswered, as far as we know. */
  lastCall(): void {
    this.#lastCall = true;
  }

  #leaveBehind(output: Writer): void {
    if (output.offset === 0 || output.offset > LAST_OUTPUT || output.bytes[LENGTH_BYTES] !== FrameType.ACK) return;
    if (this.#state !== 'open' || !this.#isQuiet || this.#incomplete || this.#pacing?.converting === true) return;
    const within = this.#output;
    this.#output = output;
    this.leave(StatusCode.NORMAL, CLOSING);
    this.#output = within;
  }

  /** Looks at the clock. Called every few hundred milliseconds, more often while draining. */
  sweep(quietMs: number): void {
    const { limits, now } = this.#host;
    const inState = now - this.#enteredAt;
    if (this.#state === 'closing' || this.#state === 'leaving') {
      if (inState < limits.closeTimeoutMs) return;
      if (this.#state === 'leaving') this.leave(StatusCode.TIMEOUT, 'handlers did not finish in time');
      else this.#destroy();
    } else if (this.#state === 'hello' && isOver(limits.helloTimeoutMs, inState)) {
      this.#timeout('SPOA_HELLO_TIMEOUT', `no HAPROXY-HELLO within ${limits.helloTimeoutMs} ms`);
    } else if (
      this.#incompleteSince > 0 &&
      this.#pauses === 0 &&
      isOver(limits.frameTimeoutMs, now - this.#incompleteSince)
    ) {
      this.#timeout('SPOA_FRAME_TIMEOUT', `a frame was not finished within ${limits.frameTimeoutMs} ms`);
    } else if (this.#isQuiet) {
      const quiet = now - this.#receivedAt;
      if (this.#draining && quiet >= quietMs) this.leave(StatusCode.NORMAL, CLOSING);
      else if (isOver(limits.idleTimeoutMs, quiet)) {
        this.#timeout('SPOA_IDLE_TIMEOUT', `nothing received for ${limits.idleTimeoutMs} ms`);
      }
    }
  }

  #timeout(code: SpoaErrorCode, message: string): void {
    const error = new SpoaError(code, message);
    this.#tellConnectionRejected(code, error);
    this.#host.logger.warn({ peer: this.peer, code, status: error.status }, `${message}: closed`);
    this.leave(error.status, message, error);
  }

  /** The end of patience: what is in flight is answered empty, then the connection is closed. */
  cut(): void {
    if (this.#state === 'open' || this.#state === 'leaving') {
      this.#sendSettled();
      this.#answerEmpty(new SpoaError('SPOA_AGENT_CLOSED', 'the agent closed before the handler was done'));
    }
    if (this.#state === 'closing') this.#destroy();
    else this.leave(StatusCode.NORMAL, CLOSING);
  }

  /** Answers what is in flight without actions. */
  #answerEmpty(reason: SpoaError): void {
    const output = outputPool.take();
    this.#inFlight.end(reason, output);
    this.#send(output);
  }

  /** Ends the connection at once, also where the duplex does not say that it has closed. */
  #destroy(): void {
    this.#duplex.destroy();
    this.#gone();
  }
}

function isOver(limitMs: number, elapsedMs: number): boolean {
  return limitMs > 0 && elapsedMs >= limitMs;
}

function peerGone(): SpoaError {
  return new SpoaError('SPOA_DISCONNECTED', 'HAProxy closed the connection');
}
