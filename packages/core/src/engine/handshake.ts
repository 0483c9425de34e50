import type { Duplex } from 'node:stream';
import { SpoaError } from '../errors.ts';
import { encodeHaproxyDisconnect } from '../wire/disconnect.ts';
import { FrameFlag, type FrameHeader, FrameType } from '../wire/frame.ts';
import { type AgentHello, encodeHaproxyHello } from '../wire/hello.ts';
import { readAgentHello } from './agent-hello.ts';
import { disconnectedBy, fault, readDisconnect, SHORTEST_HEADER_BYTES } from './frame-rules.ts';
import { Link, type LinkHandler } from './link.ts';
import type { EngineSettings } from './options.ts';

/**
 * HAProxy's first steps on a connection: says HAPROXY-HELLO and judges the answer as HAProxy 3.2 and newer do. A fault in the
 * items of AGENT-HELLO is answered by HAPROXY-DISCONNECT, and the agent's goodbye waited for; any other fault ends the
 * connection at once.
 */
export class Handshake implements LinkHandler {
  readonly #link: Link;
  readonly #settings: EngineSettings;
  readonly #welcome: (hello: AgentHello, link: Link) => void;
  readonly #refuse: (error: SpoaError) => void;
  readonly #timer: NodeJS.Timeout | undefined;
  /** Why HAPROXY-DISCONNECT was sent. */
  #refusal: SpoaError | undefined;
  #over = false;

  /**
   * @param timeoutMs 0: no limit
   * @param welcome takes the connection over, by giving the link another handler
   */
  constructor(
    duplex: Duplex,
    settings: EngineSettings,
    timeoutMs: number,
    welcome: (hello: AgentHello, link: Link) => void,
    refuse: (error: SpoaError) => void,
  ) {
    this.#settings = settings;
    this.#welcome = welcome;
    this.#refuse = refuse;
    this.#link = new Link(duplex, settings.hello.maxFrameSize, this);
    if (timeoutMs > 0) this.#timer = setTimeout(() => this.#timedOut(), timeoutMs);
    this.#send(encodeHaproxyHello(settings.hello));
  }

  accepts(type: number): boolean {
    return type === FrameType.AGENT_HELLO || type === FrameType.AGENT_DISCONNECT;
  }

  frame(header: FrameHeader, payload: Buffer): void {
    const { type, flags, streamId, frameId } = header;
    if (this.#over) return;
    if (this.#refusal !== undefined) {
      if (type === FrameType.AGENT_DISCONNECT) this.#end(this.#refusal);
      return;
    }
    if ((flags & FrameFlag.FIN) === 0 || streamId !== 0 || frameId !== 0) {
      this.#end(fault('SPOA_FRAME_INVALID', header, 'AGENT-HELLO is one frame with FIN and the ids 0'));
    } else if (type === FrameType.AGENT_DISCONNECT) {
      const disconnect = readDisconnect(header, payload);
      this.#end(disconnect instanceof SpoaError ? disconnect : disconnectedBy(disconnect));
    } else this.#hello(payload);
  }

  #hello(payload: Buffer): void {
    const { strict, hello } = this.#settings;
    let answer: AgentHello;
    try {
      answer = readAgentHello(payload, { maxFrameSize: hello.maxFrameSize, names: 'prefix', lenient: !strict });
    } catch (error) {
      this.#refusal = error as SpoaError;
      this.#send(encodeHaproxyDisconnect({ statusCode: this.#refusal.status, message: this.#refusal.message }));
      return;
    }
    clearTimeout(this.#timer);
    this.#link.maxFrameSize = answer.maxFrameSize;
    this.#welcome(answer, this.#link);
  }

  /** HAProxy 3.2 and newer lose the header of an AGENT-HELLO that is not read at once (haproxy/haproxy#3478). */
  used(heldBytes: number): void {
    if (!this.#settings.strict || this.#refusal !== undefined || heldBytes < SHORTEST_HEADER_BYTES) return;
    this.#end(
      new SpoaError('SPOA_FRAME_INVALID', 'AGENT-HELLO came in pieces: it must be one write', { facts: { heldBytes } }),
    );
  }

  fault(error: SpoaError): void {
    const { type } = error.facts;
    const stranger = error.code === 'SPOA_FRAME_UNEXPECTED' && !(Object.values(FrameType) as unknown[]).includes(type);
    this.#end(stranger ? new SpoaError('SPOA_NOT_SPOP', 'the peer does not answer in SPOP', { cause: error }) : error);
  }

  ended(cause: Error | undefined, heldBytes: number): void {
    const code = heldBytes > 0 ? 'SPOA_TRUNCATED' : 'SPOA_DISCONNECTED';
    this.#end(this.#refusal ?? new SpoaError(code, 'the agent closed the connection before its HELLO', { cause }));
  }

  drained(): void {
    // Two short frames are all that is ever written here.
  }

  #timedOut(): void {
    const { helloTimeoutMs } = this.#settings;
    this.#end(this.#refusal ?? new SpoaError('SPOA_HELLO_TIMEOUT', `no AGENT-HELLO within ${helloTimeoutMs} ms`));
  }

  #send(bytes: Buffer): void {
    this.#link.outbox.frames.raw(bytes);
    this.#link.outbox.due();
  }

  #end(error: SpoaError): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#timer);
    this.#link.close();
    void this.#link.closed.then(() => this.#refuse(error));
  }
}
