import { SpoaError } from '../errors.ts';
import { type Scope, writeSetVar, writeUnsetVar } from '../wire/ack.ts';
import { beginFrame, endFrame, FrameFlag, FrameType, LENGTH_BYTES } from '../wire/frame.ts';
import { MessageList } from '../wire/message.ts';
import type { MessageIndex } from '../wire/message-index.ts';
import type { WritableValue } from '../wire/typed-data.ts';
import type { Writer } from '../wire/writer.ts';
import type { Agent } from './agent.ts';
import { notifyAbandoned, notifyEnd, notifyStart } from './diagnostics.ts';
import type { Peer } from './peer.ts';
import { indexPool, writerPool } from './pools.ts';

/** The connection that a NOTIFY came on: the same object for all of its NOTIFYs. */
export interface NotifyConnection {
  /** HAProxy's engine-id: one for each thread up to 3.0, one for each filter from 3.1 on; `undefined` where none was sent. */
  readonly engineId: string | undefined;
  readonly peer: Peer;
  /** The agent that serves it. Missing where none does, such as in an application that is tested without one. */
  readonly agent?: Agent;
  /** Fires when nothing is left of the connection. Made when first asked for. */
  readonly signal: AbortSignal;
}

/** What a NOTIFY knows of the connection that it came on. */
export interface NotifySource extends NotifyConnection {
  /** The largest LENGTH of an ACK, in bytes. */
  readonly maxAckSize: number;
}

/**
 * Says what the ACK of a NOTIFY holds whose handler has returned a promise: for compiled routes. One serves as many NOTIFYs as
 * one likes. None of its methods may throw.
 */
export interface Answer {
  /**
   * Writes the actions. The promise is settled, and somebody waits for them.
   *
   * @param value what it was fulfilled with, or where it was `rejected` the reason
   */
  write(notify: NotifyContext, rejected: boolean, value: unknown): void;
  /** Writes what can be said without the handler: the ACK leaves now, for `reason`. */
  writeUnfinished(notify: NotifyContext, reason: SpoaError): void;
  /** The promise is settled, and nobody waited for that any more. */
  dropped(notify: NotifyContext): void;
}

/** Answers one NOTIFY. What it returns or resolves to does not matter; a pending promise holds the ACK back. */
export type Handler = (notify: NotifyContext) => unknown;

/** How far a NOTIFY is: its handler runs, has ended in one of two ways, and the ACK has left. */
const State = { OPEN: 0, FULFILLED: 1, REJECTED: 2, SETTLED: 3 } as const;
type State = (typeof State)[keyof typeof State];

/**
 * One NOTIFY: the messages to read and the variables to set. Its ACK leaves when the handler has returned, or when the
 * promise that it returned is settled; every use after that throws `SPOA_NOTIFY_SETTLED`.
 */
export class NotifyContext {
  /** The stream of HAProxy that asks; together with `frameId` unique on its connection while it is not answered. */
  readonly streamId: number;
  readonly frameId: number;
  /** @internal Where it stands among those that wait for their handlers; -1: it does not. */
  slot = -1;
  /** @internal The bytes that it counts for among them. */
  size = 0;
  /**
   * When its last byte was read, by `performance.now()`; 0 where nobody subscribed to `spoa:notify:start` or `spoa:notify:end`
   * then.
   */
  observedAt = 0;
  readonly #source: NotifySource;
  /** `undefined` once it is released. */
  #index: MessageIndex | undefined;
  /** What the connection writes to; of a detached NOTIFY its own one, taken when first asked for. */
  #writer: Writer | undefined;
  /** Where the ACK begins in the writer, and where its actions do: 0 until it is begun. */
  #start = 0;
  #actionsStart = 0;
  #answer: Answer | undefined;
  #state: State = State.OPEN;
  /** What the promise of the handler was fulfilled with, or why it was rejected. */
  #value: unknown;
  #abort: AbortController | undefined;

  /** @internal @param writer where the ACK goes, as soon as it begins */
  constructor(source: NotifySource, index: MessageIndex, writer: Writer, streamId: number, frameId: number) {
    this.streamId = streamId;
    this.frameId = frameId;
    this.#source = source;
    this.#index = index;
    this.#writer = writer;
  }

  #begin(writer: Writer): Writer {
    const start = writer.offset;
    writer.limit = start + LENGTH_BYTES + this.#source.maxAckSize;
    beginFrame(writer, FrameType.ACK, FrameFlag.FIN, this.streamId, this.frameId);
    this.#writer = writer;
    this.#start = start;
    this.#actionsStart = writer.offset;
    return writer;
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

  /** Fires when nobody waits for the answer any more: the connection is gone, or a deadline has passed. Made when first asked for. */
  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      if (this.#state === State.SETTLED) throw settled();
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
    if (this.#state === State.SETTLED) throw settled();
    if (this.#index === undefined) throw new SpoaError('SPOA_NOTIFY_SETTLED', 'a NOTIFY was read after its release');
    return this.#index;
  }

  /**
   * Where the actions are written: for compiled routes. To take back what was written, set its `offset` back; ask again
   * after an `await`.
   */
  get writer(): Writer {
    if (this.#state === State.SETTLED) throw settled();
    const writer = this.#writer;
    if (writer !== undefined && this.#actionsStart !== 0) return writer;
    return this.#begin(writer ?? writerPool.take());
  }

  /** Whether the ACK has left. */
  get settled(): boolean {
    return this.#state === State.SETTLED;
  }

  /**
   * Says that the messages will not be read any more, so that a handler that is not done needs no copy of them: for compiled
   * routes, whose arguments are bound. Reading them throws from then on.
   */
  release(): void {
    if (this.#index !== undefined) indexPool.give(this.#index);
    this.#index = undefined;
  }

  /** @internal Tells those who observe NOTIFYs of its start; they are told of its end then. */
  observe(now: number): void {
    this.observedAt = now;
    notifyStart.publish(this);
  }

  /**
   * Has the actions written when the ACK leaves, straight to where it leaves from, if anybody waits for it then: for compiled
   * routes that return a promise.
   */
  answerWith(answer: Answer): void {
    this.#answer = answer;
  }

  /** @internal Moves the NOTIFY into memory of its own, for the handler is not done. */
  detach(payloadStart: number, payloadEnd: number): void {
    this.#index?.own(payloadStart, payloadEnd);
    const shared = this.#writer as Writer;
    this.#writer = undefined;
    if (this.#actionsStart === 0) return;
    const actions = shared.offset > this.#actionsStart ? shared.take(this.#actionsStart) : undefined;
    shared.offset = this.#start;
    this.#actionsStart = 0;
    if (actions !== undefined) this.writer.raw(actions);
  }

  /** Takes all actions back, for the handler failed. */
  clearActions(): void {
    if (this.#actionsStart !== 0) (this.#writer as Writer).offset = this.#actionsStart;
  }

  /**
   * @internal The promise of the handler is settled. The first time counts: who passes the promise on, and makes another of it,
   * may say so before.
   *
   * @returns whether somebody still has to report that it was rejected
   */
  finish(rejected: boolean, value: unknown): boolean {
    const hasAnswer = this.#answer !== undefined;
    if (this.#state === State.OPEN) {
      this.#state = rejected ? State.REJECTED : State.FULFILLED;
      if (hasAnswer) this.#value = value;
    }
    return rejected && !hasAnswer;
  }

  /** @internal The promise of the handler is settled, and the ACK has left before. */
  finishLate(): void {
    this.#answer?.dropped(this);
    this.#answer = undefined;
  }

  /** @internal Finishes the ACK where it stands. */
  settle(): void {
    endFrame(this.writer, this.#start);
    this.#end();
  }

  #end(): void {
    this.#state = State.SETTLED;
    this.release();
    if (this.observedAt !== 0) notifyEnd.publish(this);
  }

  /** @internal Finishes the ACK of a detached NOTIFY whose handler is done in `output`; without one it is dropped. */
  settleInto(output: Writer | undefined): void {
    const state = this.#state;
    if (state === State.SETTLED) return;
    const answer = this.#answer;
    this.#answer = undefined;
    if (output === undefined) answer?.dropped(this);
    else {
      if (this.#writer === undefined) this.#begin(output);
      answer?.write(this, state === State.REJECTED, this.#value);
    }
    this.#leave(output);
  }

  /**
   * @internal Finishes the ACK of a detached NOTIFY without its handler.
   *
   * @param reason why, where what can be said without the handler is to be said; else the ACK has no actions
   */
  settleWithout(output: Writer | undefined, reason?: SpoaError): void {
    const state = this.#state;
    if (state === State.SETTLED) return;
    const answer = this.#answer;
    if (output !== undefined && this.#writer === undefined) this.#begin(output);
    if (output === undefined || reason === undefined || answer === undefined) this.clearActions();
    else {
      this.#answer = undefined;
      answer.writeUnfinished(this, reason);
    }
    this.#leave(output);
    if (state !== State.OPEN) this.finishLate();
  }

  #leave(output: Writer | undefined): void {
    const own = this.#writer;
    if (own !== undefined) endFrame(own, this.#start);
    if (own !== undefined && own !== output) {
      if (output !== undefined) {
        output.limit = Number.POSITIVE_INFINITY;
        output.raw(own.view());
      }
      writerPool.give(own);
    }
    this.#end();
  }

  /** @internal Nobody takes the ACK any more. */
  abandon(reason: SpoaError): void {
    this.abort(reason);
    const { agent } = this.#source;
    if (agent === undefined || !notifyAbandoned.hasSubscribers) return;
    notifyAbandoned.publish({ agent, connection: this.#source, notify: this, reason });
  }

  /**
   * Fires the signal: nobody waits for the handler any more, though the NOTIFY may be answered still. A handler that asks for the
   * signal later learns the same.
   */
  abort(reason: Error): void {
    this.#abort ??= new AbortController();
    this.#abort.abort(reason);
  }
}

function settled(): SpoaError {
  return new SpoaError('SPOA_NOTIFY_SETTLED', 'a NOTIFY was used after its ACK had left');
}
