import type { Duplex } from 'node:stream';
import { SpoaError } from '../errors.ts';
import { decodeDisconnect, encodeAgentDisconnect } from '../wire/disconnect.ts';
import { FrameType, LENGTH_BYTES } from '../wire/frame.ts';
import { decodeHaproxyHello, encodeAgentHello } from '../wire/hello.ts';
import type { Reader } from '../wire/reader.ts';
import { StatusCode } from '../wire/status-code.ts';
import type { Writer } from '../wire/writer.ts';
import type { Agent } from './agent.ts';
import { Answering } from './answering.ts';
import type { ConnectionHost } from './connection-host.ts';
import { ConnectionReports } from './connection-reports.ts';
import type { ConnectionCounts } from './counts.ts';
import { agree } from './handshake.ts';
import { Inbox, Incoming } from './inbox.ts';
import { Link, Pause } from './link.ts';
import type { NotifySource } from './notify-context.ts';
import { Patience } from './patience.ts';
import type { Peer } from './peer.ts';
import { outputPool } from './pools.ts';
import { agentClosed, givenUp, peerGone } from './reasons.ts';
import { Sender } from './sender.ts';
import { guessProtocol } from './strangers.ts';

/**
 * - `hello`: waits for HAPROXY-HELLO;
 * - `open`: answers NOTIFYs;
 * - `leaving`: HAProxy said goodbye; what is in flight is answered, then we say it too;
 * - `closing`: our last byte is written, the peer is expected to close;
 * - `closed`.
 */
type State = 'hello' | 'open' | 'leaving' | 'closing' | 'closed';

/** ACKs of one turn leave together, up to about this many bytes: what a peer makes us hold before it is seen to read. */
const LARGE_OUTPUT = 64 * 1024;

/** ACKs that a goodbye follows in the same write are no larger: HAProxy's buffer has room for both, in bytes. */
const LAST_OUTPUT = 4096;

/** What HAProxy is told when the agent closes. */
const CLOSING = 'the agent is closing';

/** One connection of HAProxy: a state machine between a duplex and the handler. */
export class Connection implements NotifySource {
  engineId: string | undefined;
  maxAckSize = 0;
  readonly #host: ConnectionHost;
  readonly #link: Link;
  readonly #inbox = new Inbox();
  readonly #sender: Sender;
  readonly #reports: ConnectionReports;
  readonly #patience: Patience;
  readonly #answering: Answering;
  #state: State = 'hello';
  /** What is read now is answered here. */
  #output: Writer | undefined;
  #bytesReceived = 0;
  #draining = false;
  #lastCall = false;

  /** @param accepted whether `duplex` is a socket that was just accepted, is paused, and known to nobody else */
  constructor(host: ConnectionHost, duplex: Duplex, accepted: boolean) {
    this.#host = host;
    this.#reports = new ConnectionReports(host.agent, this, host.logger);
    this.#patience = new Patience(host.limits, host);
    this.#answering = new Answering(this, host.handler, this.#reports, {
      done: () => this.#resumeBelowLimit(),
      settled: () => this.#sendSettled(),
    });
    this.#link = new Link(duplex, accepted, {
      read: (chunk, length) => this.#receive(chunk, length),
      ended: () => this.#peerEnded(),
      lost: (error) => {
        if (this.#state !== 'closing') this.#reports.lost(error);
      },
      gone: () => this.#gone(),
    });
    this.#sender = new Sender(this.#link.duplex, {
      drained: () => this.#drained(),
      tooLarge: () => host.stopPipelining(this),
    });
  }

  get agent(): Agent {
    return this.#host.agent;
  }

  get peer(): Peer {
    return this.#link.peer;
  }

  get signal(): AbortSignal {
    return this.#link.signal;
  }

  get counts(): ConnectionCounts {
    const { notifies, inFlight } = this.#answering;
    const { frames } = this.#inbox;
    const { bytesSent } = this.#sender;
    return { frames, notifies, inFlight: inFlight.size, bytesReceived: this.#bytesReceived, bytesSent };
  }

  #receive(chunk: Buffer, length: number): void {
    if (this.#state === 'closing' || this.#state === 'closed') return;
    this.#patience.received();
    this.#bytesReceived += length;
    this.#inbox.feed(chunk, length);
    this.#read();
    if (this.#link.paused && this.#link.sharesMemory) this.#inbox.keep();
  }

  /** Takes the frames of the chunk, until it is used up or reading is paused. */
  #read(): void {
    const inbox = this.#inbox;
    const output = outputPool.take();
    this.#output = output;
    this.#answering.begin();
    try {
      while (this.#takesFrames && this.#frame()) {
        if (!inbox.fragmented) this.#patience.completed();
        this.#written(output);
      }
    } catch (error) {
      this.#fail(error);
    }
    if (this.#lastCall) this.#leaveBehind(output);
    this.#output = undefined;
    inbox.release();
    if (inbox.incomplete) this.#patience.begun();
    else this.#patience.completed();
    this.#send(output);
  }

  get #takesFrames(): boolean {
    return !this.#link.paused && (this.#state === 'open' || this.#state === 'hello');
  }

  /** Takes one frame. @returns `false` when the chunk is used up */
  #frame(): boolean {
    const inbox = this.#inbox;
    const incoming = inbox.next();
    if (incoming === Incoming.NOTIFY) this.#notify(inbox);
    else if (incoming === Incoming.HELLO) this.#hello(inbox.payload);
    else if (incoming === Incoming.DISCONNECT) this.#disconnect(inbox.payload);
    else if (incoming === Incoming.REFUSED) this.#answering.refuse(inbox, this.#output as Writer);
    return incoming !== Incoming.NOTHING;
  }

  #hello(payload: Reader): void {
    const { limits, pipelining } = this.#host;
    const announced = decodeHaproxyHello(payload.view(payload.remaining));
    const agreement = agree(announced, limits.maxFrameSize, pipelining);
    this.engineId = agreement.engineId;
    this.maxAckSize = agreement.maxFrameSize - 1;
    (this.#output as Writer).raw(encodeAgentHello(agreement.hello));
    this.#reports.agreed(agreement);
    if (agreement.healthcheck) return this.#end();
    const { maxReceivedFrameSize, fragmentation } = agreement;
    this.#inbox.greeted(maxReceivedFrameSize, fragmentation ? limits.maxNotifySize : undefined);
    this.#sender.greeted(agreement, announced.maxFrameSize, pipelining);
    this.#enter('open');
  }

  #notify(inbox: Inbox): void {
    const { streamId, frameId } = inbox;
    // Nobody waits for what the ACKs of these would say any more, and large ones would only fill HAProxy's buffer.
    if (this.#sender.learns && this.#sender.learn(streamId, frameId, !this.#isQuiet)) this.#answerEmpty(givenUp());
    if (this.#answering.answer(inbox.payload, streamId, frameId, this.#output as Writer)) return;
    if (this.#answering.inFlight.isFull(this.#host.limits)) this.#link.pause(Pause.IN_FLIGHT);
  }

  /** Whether every NOTIFY is answered. */
  get #isQuiet(): boolean {
    return this.#answering.inFlight.isEmpty && this.#sender.idle;
  }

  #resumeBelowLimit(): void {
    if (!this.#answering.inFlight.isFull(this.#host.limits)) this.#resume(Pause.IN_FLIGHT);
  }

  /** The ACKs of the handlers that ended in one turn leave together. */
  #sendSettled(): void {
    const listens = this.#state === 'open' || this.#state === 'leaving';
    const output = outputPool.take();
    this.#answering.inFlight.write(listens ? output : undefined, () => this.#written(output));
    if (this.#lastCall) this.#leaveBehind(output);
    this.#send(output);
    if (this.#state === 'leaving') this.#leaveWhenDone();
  }

  #send(output: Writer): void {
    this.#write(output);
    outputPool.give(output);
  }

  /** An ACK was added to `output`. */
  #written(output: Writer): void {
    if (output.offset >= LARGE_OUTPUT) this.#write(output);
  }

  #write(output: Writer): void {
    this.#sender.send(output, this.#answering.inFlight.size);
    if (this.#sender.full) this.#link.pause(Pause.OUTPUT);
  }

  /** Something has left: reading may go on, unless enough still waits. */
  #drained(): void {
    if (!this.#sender.full) this.#resume(Pause.OUTPUT);
    if (this.#state === 'leaving') this.#leaveWhenDone();
  }

  /** Asks HAProxy to have one stream at a time on this connection from now on. */
  stopPipelining(): void {
    if (this.#state === 'open') this.#sender.convert();
  }

  #disconnect(payload: Reader): void {
    const { statusCode, message } = decodeDisconnect(payload.view(payload.remaining));
    this.#reports.disconnected(statusCode, message);
    this.#enter('leaving');
    this.#leaveWhenDone();
  }

  #leaveWhenDone(): void {
    if (this.#isQuiet) this.leave(StatusCode.NORMAL, 'normal');
  }

  /** The peer broke the rules: one line in the log, the status on the wire, and the end of this connection only. */
  #fail(error: unknown): void {
    const protocol = this.#state === 'hello' ? guessProtocol(this.#inbox.head) : undefined;
    if (protocol !== undefined) {
      this.#reports.stranger(protocol, error);
      this.#end();
    } else if (error instanceof SpoaError) this.#reject(error);
    else {
      this.#reports.agentFailed(error);
      this.leave(StatusCode.UNKNOWN, 'the agent failed');
    }
  }

  #reject(error: SpoaError): void {
    this.#reports.rejected(error);
    this.leave(error.status, error.message, error);
  }

  /** Says AGENT-DISCONNECT in one write, behind what is due, and closes. */
  leave(status: number, message: string, reason?: SpoaError): void {
    if (this.#state === 'closing' || this.#state === 'closed') return;
    const output = this.#output ?? outputPool.take();
    this.#sender.end();
    output.limit = Number.POSITIVE_INFINITY;
    output.raw(encodeAgentDisconnect({ statusCode: status, message }));
    if (this.#output === undefined) this.#send(output);
    this.#end(reason);
  }

  /** Writes no more after what is in the output now. */
  #end(reason = agentClosed()): void {
    this.#enter('closing');
    this.#sender.end();
    this.#answering.inFlight.end(reason);
    this.#inbox.reset();
    this.#patience.completed();
    if (this.#output !== undefined) this.#write(this.#output);
    this.#link.end();
  }

  #peerEnded(): void {
    if (this.#state !== 'closing' && this.#state !== 'closed') this.#end(peerGone());
  }

  #gone(): void {
    this.#enter('closed');
    this.#sender.end();
    this.#answering.inFlight.end(peerGone());
    this.#host.closed(this);
  }

  #enter(state: State): void {
    this.#state = state;
    this.#patience.entered();
  }

  #resume(why: number): void {
    if (!this.#link.unpause(why)) return;
    this.#patience.forgive();
    // First what is left of the last chunk. Within the loop that takes its frames, that loop just goes on.
    if (this.#output === undefined) this.#read();
    this.#link.resume();
  }

  /** From now on the connection ends in its first quiet moment: see `sweep`. The clock was `clockStepMs` behind at most. */
  drain(clockStepMs: number): void {
    this.#draining = true;
    this.#patience.receivedLater(clockStepMs);
  }

  /** It was never quiet: from now on it ends behind the first ACK that leaves nothing unanswered, as far as we know. */
  lastCall(): void {
    this.#lastCall = true;
  }

  #leaveBehind(output: Writer): void {
    if (output.offset === 0 || output.offset > LAST_OUTPUT || output.bytes[LENGTH_BYTES] !== FrameType.ACK) return;
    if (this.#state !== 'open' || !this.#isQuiet || this.#inbox.incomplete || this.#sender.converting) return;
    const within = this.#output;
    this.#output = output;
    this.leave(StatusCode.NORMAL, CLOSING);
    this.#output = within;
  }

  /** Looks at the clock. Called every few hundred milliseconds, more often while draining. */
  sweep(quietMs: number): void {
    const patience = this.#patience;
    if (this.#state === 'closing' || this.#state === 'leaving') {
      if (!patience.closeIsOver) return;
      if (this.#state === 'closing') this.#link.destroy();
      else this.leave(StatusCode.TIMEOUT, 'handlers did not finish in time');
      return;
    }
    let timeout = this.#state === 'hello' ? patience.helloTimeout : undefined;
    if (!this.#link.paused) timeout ??= patience.frameTimeout;
    if (timeout === undefined && this.#isQuiet) {
      if (this.#draining && patience.silentMs >= quietMs) return this.leave(StatusCode.NORMAL, CLOSING);
      timeout = patience.idleTimeout;
    }
    if (timeout !== undefined) this.#reject(timeout);
  }

  /** The end of patience: what is in flight is answered without its handlers, then the connection is closed. */
  cut(): void {
    if (this.#state === 'closing') return this.#link.destroy();
    if (this.#state === 'open' || this.#state === 'leaving') {
      this.#sendSettled();
      const output = outputPool.take();
      this.#answering.inFlight.answerUnfinished(agentClosed(), output, () => this.#written(output));
      this.#send(output);
    }
    this.leave(StatusCode.NORMAL, CLOSING);
  }

  /** Answers what is in flight without actions. */
  #answerEmpty(reason: SpoaError): void {
    const output = outputPool.take();
    this.#answering.inFlight.end(reason, output);
    this.#send(output);
  }
}
