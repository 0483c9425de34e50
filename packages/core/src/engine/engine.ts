import { SpoaError } from '../errors.ts';
import { type Disconnect, encodeHaproxyDisconnect } from '../wire/disconnect.ts';
import { type FrameHeader, FrameType } from '../wire/frame.ts';
import { type AgentHello, type Capability, decodeAgentHello } from '../wire/hello.ts';
import { encodeMessages } from '../wire/notify.ts';
import type { Ack } from './ack.ts';
import { Exchange } from './exchange.ts';
import { disconnectedBy, fault, headerFault, readDisconnect } from './frame-rules.ts';
import type { Link } from './link.ts';
import type { EngineSettings } from './options.ts';
import {
  type ExpectOptions,
  type NotifyContent,
  type NotifyIds,
  type NotifyOptions,
  PendingNotify,
} from './pending-notify.ts';

/** How a connection ended. Neither field is there where the agent just closed it, or `destroy` did. */
export interface EngineEnd {
  /** The agent's goodbye. */
  disconnect?: Disconnect;
  /** The agent's fault that made the engine end it, or what broke the connection (a reset too). */
  error?: SpoaError;
}

/**
 * HAProxy's side of one connection to an agent. By default it is as strict as the strictest HAProxy, and where HAProxy would
 * shrug stricter still: a fault of the agent's is listed in `violations` and ends the connection.
 *
 * @example
 * await using engine = await connectEngine({ port: 12345 });
 * const ack = await engine.notify([{ name: 'get-ip-reputation', args: [['ip', ipv4('192.0.2.1')]] }]);
 * console.log(ack.get('session', 'ip_score'));
 */
export class Engine implements AsyncDisposable {
  /** What was sent as engine-id. */
  readonly engineId: string | undefined;
  /** What the agent answered. */
  readonly hello: AgentHello;
  /** Agreed on, in bytes. */
  readonly maxFrameSize: number;
  /** In force: what both sides announced, and `fragmentation` where the agent announced it and the engine makes use of it. */
  readonly capabilities: readonly Capability[];
  /** Resolves when the connection is gone; never rejects. */
  readonly closed: Promise<EngineEnd>;
  readonly #settings: EngineSettings;
  readonly #link: Link;
  readonly #exchange: Exchange;
  readonly #violations: SpoaError[] = [];
  readonly #gone: (end: EngineEnd) => void;
  #end: EngineEnd | undefined;
  #leaving: Promise<Disconnect> | undefined;

  /** @internal use `connectEngine` */
  constructor(link: Link, settings: EngineSettings, hello: AgentHello) {
    const { maxFrameSize } = hello;
    const { timeoutMs } = settings;
    this.#link = link;
    this.#settings = settings;
    this.engineId = settings.hello.engineId;
    this.hello = hello;
    this.maxFrameSize = maxFrameSize;
    this.capabilities = inForce(settings, hello);
    const window = this.#has('pipelining') || this.#has('async') ? settings.window : 1;
    const fragments = this.#has('fragmentation');
    this.#exchange = new Exchange(link.outbox, { maxFrameSize, window, fragments, timeoutMs });
    let gone!: (end: EngineEnd) => void;
    this.closed = new Promise((resolve) => {
      gone = resolve;
    });
    this.#gone = gone;
    link.handler = {
      accepts: () => true,
      frame: (header, payload) => this.#frame(header, payload),
      used: () => undefined,
      fault: (error) => this.#violate(error, true),
      ended: (error, heldBytes) => this.#ended(error, heldBytes),
      drained: () => this.#exchange.pump(),
    };
  }

  #has(capability: Capability): boolean {
    return this.capabilities.includes(capability);
  }

  /** The agent's faults, oldest first. `facts` hold the header of the frame where there is one. */
  get violations(): readonly SpoaError[] {
    return this.#violations;
  }

  /** ACKs that came after their NOTIFY had timed out or was given up: HAProxy ignores them. */
  get lateAcks(): number {
    return this.#exchange.lateAcks;
  }

  /** ACKs for what had its ACK already: HAProxy ignores them. */
  get duplicateAcks(): number {
    return this.#exchange.duplicateAcks;
  }

  /** How many NOTIFYs are in flight at most: fewer when the agent takes its offer of pipelining back. */
  get window(): number {
    return this.#exchange.window;
  }

  /** NOTIFYs that were sent and wait for their ACK. */
  get inFlight(): number {
    return this.#exchange.inFlight;
  }

  /** NOTIFYs that wait for room in the window. */
  get queued(): number {
    return this.#exchange.queued;
  }

  /**
   * The most bytes that one read brought. HAProxy 3.1 to 3.4 stall when a read fills `tune.bufsize` (16384), so an agent
   * whose ACKs for 20 NOTIFYs in flight come to as much is in danger.
   */
  get largestRead(): number {
    return this.#link.largestRead;
  }

  /**
   * Sends a NOTIFY, as soon as the window has room, and waits for its ACK. What is due in one turn of the event loop leaves
   * in one write.
   *
   * @throws SPOA_TIMEOUT (the NOTIFY is forgotten then, as HAProxy does), SPOA_DISCONNECTED (with the agent's `statusCode`
   *   and `message` in `facts` where it said goodbye), SPOA_FRAME_TOO_BIG, SPOA_FRAME_INVALID (ids that are in flight), the
   *   reason of `signal`, an `AbortError` after `abort`; what `encodeMessages` throws; and for an ACK whose actions cannot be
   *   read what `decodeActions` throws, which is listed in `violations` too
   */
  notify(messages: NotifyContent, options: NotifyOptions = {}): Promise<Ack> {
    return new Promise((resolve, reject) => {
      const payload = messages instanceof Uint8Array ? messages : encodeMessages(messages);
      const notify = new PendingNotify(payload, options, resolve, reject);
      this.#checkOpen(notify);
      this.#exchange.notify(notify);
    });
  }

  /**
   * Sends what is due now, and not at the end of the turn. Not to be called while the engine is calling: with a pair of streams
   * the agent may answer before this returns.
   */
  flush(): void {
    this.#link.outbox.flush();
  }

  /**
   * Waits for the ACK of a NOTIFY that was or will be sent by `sendRaw`; the window does not hold it back.
   *
   * @throws as `notify`
   */
  expect(ids: NotifyIds, options: ExpectOptions = {}): Promise<Ack> {
    return new Promise((resolve, reject) => {
      const notify = new PendingNotify(Buffer.alloc(0), { ...options, ...ids }, resolve, reject);
      this.#checkOpen(notify);
      this.#exchange.expect(notify, ids.streamId);
    });
  }

  /**
   * Sends the frame by which HAProxy 3.0 and older give a fragmented NOTIFY up, and sends no more of its fragments. Its promise
   * rejects with an `AbortError`. For ids that are not in flight the frame is sent all the same.
   */
  abort(ids: NotifyIds): void {
    this.#exchange.abort(ids);
  }

  /**
   * Sends any bytes, behind all that is due.
   *
   * @param options.pieceBytes sends them in pieces of this size, each in a turn of the event loop of its own
   * @returns whether they were handed over before the connection ended
   */
  sendRaw(bytes: Uint8Array, options: { pieceBytes?: number } = {}): Promise<boolean> {
    return this.#link.outbox.send(bytes, options.pieceBytes);
  }

  /**
   * Says HAPROXY-DISCONNECT and waits for the agent to do the same. What is in flight may still be answered before; what is
   * queued is not sent any more. Calling it again waits for the same end.
   *
   * @param message cut to 255 bytes
   * @throws SPOA_DISCONNECTED where the agent closes without a word, SPOA_TIMEOUT (and closes)
   */
  disconnect(statusCode = 0, message = statusCode === 0 ? 'normal' : ''): Promise<Disconnect> {
    this.#leaving ??= this.#leave({ statusCode, message });
    return this.#leaving;
  }

  async #leave(disconnect: Disconnect): Promise<Disconnect> {
    if (this.#end === undefined) {
      const { timeoutMs } = this.#settings;
      this.#say(disconnect);
      this.#exchange.stopSending((notify) => this.#disconnected(notify));
      const timer =
        timeoutMs === 0 ? undefined : setTimeout(() => this.#finish({ error: silent(timeoutMs) }), timeoutMs);
      await this.closed;
      clearTimeout(timer);
    }
    const { disconnect: answer, error } = this.#end ?? {};
    if (answer !== undefined) return answer;
    if (error?.code === 'SPOA_TIMEOUT') throw error;
    throw new SpoaError('SPOA_DISCONNECTED', 'the connection ended without AGENT-DISCONNECT', { cause: error });
  }

  /** Ends the connection without a word. @param options.reset with a TCP reset, as HAProxy 3.1 and newer do */
  destroy(options: { reset?: boolean } = {}): void {
    this.#finish({}, options.reset);
  }

  /** Disconnects, and is patient about it; resolves when the connection is gone. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.disconnect().catch(() => undefined);
    await this.closed;
  }

  #checkOpen(notify: PendingNotify): void {
    if (this.#end !== undefined || this.#leaving !== undefined) throw this.#disconnected(notify);
  }

  #say(disconnect: Disconnect): void {
    this.#link.outbox.frames.raw(encodeHaproxyDisconnect(disconnect));
    this.#link.outbox.due();
  }

  #frame(header: FrameHeader, payload: Buffer): void {
    const over = this.#end !== undefined;
    const behind = `a frame of type ${header.type} after AGENT-DISCONNECT`;
    const wrong = over ? fault('SPOA_FRAME_UNEXPECTED', header, behind) : headerFault(header);
    if (!over && this.#takesPipeliningBack(header, payload)) this.#exchange.narrow();
    else if (wrong !== undefined) this.#violate(wrong);
    else if (header.type === FrameType.ACK) {
      const ackFault = this.#exchange.ack(header, payload);
      if (ackFault?.final === true) this.#violate(ackFault.error);
      else if (ackFault !== undefined) this.#violations.push(ackFault.error);
    } else {
      const disconnect = readDisconnect(header, payload);
      if (disconnect instanceof SpoaError) this.#violate(disconnect);
      else this.#finish({ disconnect });
    }
  }

  /** HAProxy 3.1 and newer go down to one stream at a time when another AGENT-HELLO does not offer pipelining any more. */
  #takesPipeliningBack({ type, streamId, frameId }: FrameHeader, payload: Buffer): boolean {
    if (type !== FrameType.AGENT_HELLO || streamId !== 0 || frameId !== 0) return false;
    if (this.#settings.hello.capabilities.includes('async')) return false;
    try {
      const { version, maxFrameSize, capabilities } = decodeAgentHello(payload);
      return (
        version === this.hello.version && maxFrameSize === this.maxFrameSize && !capabilities.includes('pipelining')
      );
    } catch {
      return false;
    }
  }

  /** @param final whether the connection cannot go on even if faults are borne */
  #violate(error: SpoaError, final = false): void {
    if (this.#end !== undefined) {
      // Behind its own fault HAProxy reads no further, and neither do we.
      if (this.#end.disconnect !== undefined) this.#violations.push(error);
      return;
    }
    this.#violations.push(error);
    if (!this.#settings.strict && !final) return;
    // HAProxy 3.0 and older say why they go; newer ones just drop the connection.
    const { status, message } = error;
    if (this.#settings.hello.capabilities.includes('async')) this.#say({ statusCode: status, message });
    this.#finish({ error });
  }

  #ended(cause: Error | undefined, heldBytes: number): void {
    let error: SpoaError | undefined;
    if (heldBytes > 0) {
      error = new SpoaError('SPOA_TRUNCATED', 'the agent closed the connection in mid-frame', { facts: { heldBytes } });
      this.#violations.push(error);
    }
    if (cause !== undefined) error = new SpoaError('SPOA_DISCONNECTED', `connection lost: ${cause.message}`, { cause });
    this.#finish(error === undefined ? {} : { error });
  }

  #finish(end: EngineEnd, reset = false): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    this.#exchange.stop((notify) => this.#disconnected(notify));
    this.#link.close(reset);
    void this.#link.closed.then(() => this.#gone(end));
  }

  #disconnected({ streamId, frameId }: PendingNotify): SpoaError {
    const { disconnect, error: cause } = this.#end ?? {};
    const said = disconnect && disconnectedBy(disconnect);
    const message = said?.message ?? cause?.message ?? 'the connection is closed';
    return new SpoaError('SPOA_DISCONNECTED', message, { cause, facts: { ...said?.facts, streamId, frameId } });
  }
}

/** HAProxy never announces fragmentation and still makes use of it (haproxy/haproxy#659). */
function inForce({ hello: { capabilities }, fragment }: EngineSettings, hello: AgentHello): Capability[] {
  const offered = (name: Capability) => (name === 'fragmentation' ? fragment : capabilities.includes(name));
  return (['pipelining', 'async', 'fragmentation'] as const).filter(
    (name) => hello.capabilities.includes(name) && offered(name),
  );
}

function silent(timeoutMs: number): SpoaError {
  return new SpoaError('SPOA_TIMEOUT', `no AGENT-DISCONNECT within ${timeoutMs} ms`);
}
