import { SpoaError } from '../errors.ts';
import { type Scope, writeSetVar, writeUnsetVar } from '../wire/ack.ts';
import { beginFrame, endFrame, FrameFlag, FrameType, LENGTH_BYTES } from '../wire/frame.ts';
import { MessageList } from '../wire/message.ts';
import type { MessageIndex } from '../wire/message-index.ts';
import type { WritableValue } from '../wire/typed-data.ts';
import type { Writer } from '../wire/writer.ts';
import type { Peer } from './peer.ts';
import { indexPool, writerPool } from './pools.ts';

/** The connection that a NOTIFY came on: the same object for all of its NOTIFYs. */
export interface NotifyConnection {
  /** HAProxy's engine-id: one for each thread up to 3.0, one for each filter from 3.1 on; `undefined` where none was sent. */
  readonly engineId: string | undefined;
  readonly peer: Peer;
  /** Fires when nothing is left of the connection. Made when first asked for. */
  readonly signal: AbortSignal;
}

/** What a NOTIFY knows of the connection that it came on. */
export interface NotifySource extends NotifyConnection {
  /** The largest LENGTH of an ACK, in bytes. */
  readonly maxAckSize: number;
}

/** Answers one NOTIFY. What it returns or resolves to does not matter; a pending promise holds the ACK back. */
export type Handler = (notify: NotifyContext) => unknown;

/**
 * One NOTIFY: the messages to read and the variables to set. Its ACK leaves when the handler has returned, or when the
 * promise that it returned is settled; every use after that throws `SPOA_NOTIFY_SETTLED`.
 */
export class NotifyContext {
  /** The stream of HAProxy that asks; together with `frameId` unique on its connection while it is not answered. */
  readonly streamId: number;
  readonly frameId: number;
  readonly #source: NotifySource;
  #index: MessageIndex;
  #writer: Writer;
  /** Where the ACK begins in the writer, and where its actions do. */
  #start: number;
  #actionsStart: number;
  #detached = false;
  #settled = false;
  #abort: AbortController | undefined;

  /** @internal Begins the ACK in `writer`. */
  constructor(source: NotifySource, index: MessageIndex, writer: Writer, streamId: number, frameId: number) {
    this.streamId = streamId;
    this.frameId = frameId;
    this.#source = source;
    this.#index = index;
    this.#writer = writer;
    writer.limit = Number.POSITIVE_INFINITY;
    const start = beginFrame(writer, FrameType.ACK, FrameFlag.FIN, streamId, frameId);
    writer.limit = start + LENGTH_BYTES + source.maxAckSize;
    this.#start = start;
    this.#actionsStart = writer.offset;
  }

  get engineId(): string | undefined {
    return this.#source.engineId;
  }

  get peer(): Peer {
    return this.#source.peer;
  }

  /** The connection that the NOTIFY came on. Usable for as long as one likes. */
  get connection(): NotifyConnection {
    return this.#source;
  }

  /** The messages, in HAProxy's order. Usable until the NOTIFY is settled. */
  get messages(): MessageList {
    return new MessageList(this.index);
  }

  /** Fires when nobody waits for the answer any more: the connection is gone. Made when first asked for. */
  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      if (this.#settled) throw settled();
      this.#abort = new AbortController();
    }
    return this.#abort.signal;
  }

  /**
   * Adds a set-var to the ACK. `null` unsets the variable, `undefined` leaves it alone.
   *
   * @throws SPOA_NAME_INVALID, SPOA_VALUE_INVALID, SPOA_VALUE_OUT_OF_RANGE, SPOA_ACK_TOO_BIG, SPOA_NOTIFY_SETTLED; the
   *   actions before stay whole
   */
  setVar(scope: Scope, name: string, value: WritableValue | undefined): void {
    if (value === undefined) return;
    const { writer } = this;
    const before = writer.offset;
    try {
      if (value === null) writeUnsetVar(writer, scope, name);
      else writeSetVar(writer, scope, name, value);
      writer.checkLimit(0);
    } catch (error) {
      writer.offset = before;
      throw error;
    }
  }

  /** Adds an unset-var to the ACK. @throws SPOA_NAME_INVALID, SPOA_ACK_TOO_BIG, SPOA_NOTIFY_SETTLED */
  unsetVar(scope: Scope, name: string): void {
    this.setVar(scope, name, null);
  }

  /** Where the messages stand: for compiled routes. Ask again after an `await`. */
  get index(): MessageIndex {
    if (this.#settled) throw settled();
    return this.#index;
  }

  /**
   * Where the actions are written: for compiled routes. To take back what was written, set its `offset` back; ask again
   * after an `await`.
   */
  get writer(): Writer {
    if (this.#settled) throw settled();
    return this.#writer;
  }

  /** Whether the ACK has left. */
  get settled(): boolean {
    return this.#settled;
  }

  /** @internal Moves the NOTIFY into memory of its own, for the handler is not done. */
  detach(payloadStart: number, payloadEnd: number): void {
    this.#index.own(payloadStart, payloadEnd);
    const shared = this.#writer;
    const own = writerPool.take();
    own.raw(shared.bytes.subarray(this.#start, shared.offset));
    shared.offset = this.#start;
    own.limit = LENGTH_BYTES + this.#source.maxAckSize;
    this.#writer = own;
    this.#actionsStart -= this.#start;
    this.#start = 0;
    this.#detached = true;
  }

  /** @internal Takes all actions back: the handler failed. */
  clearActions(): void {
    this.#writer.offset = this.#actionsStart;
  }

  /** @internal Finishes the ACK where it stands. */
  settle(): void {
    endFrame(this.#writer, this.#start);
    this.#settled = true;
  }

  /** @internal Finishes the ACK of a detached NOTIFY and moves it to `output`; without one it is dropped. */
  settleInto(output: Writer | undefined): void {
    if (!this.#detached || this.#settled) return;
    this.settle();
    if (output !== undefined) output.raw(this.#writer.bytes.subarray(0, this.#writer.offset));
    writerPool.give(this.#writer);
    indexPool.give(this.#index);
  }

  /** @internal Makes the signal if there is none: a handler that asks for it later must learn the same. */
  abort(reason: SpoaError): void {
    this.#abort ??= new AbortController();
    this.#abort.abort(reason);
  }
}

function settled(): SpoaError {
  return new SpoaError('SPOA_NOTIFY_SETTLED', 'a NOTIFY was used after its ACK had left');
}
