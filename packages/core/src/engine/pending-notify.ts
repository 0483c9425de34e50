import type { WritableMessage } from '../wire/notify.ts';
import type { Ack } from './ack.ts';

/** The ids of a NOTIFY. */
export interface NotifyIds {
  streamId: number;
  /** @default 1 */
  frameId?: number;
}

export interface ExpectOptions {
  /** Milliseconds, 0: no limit. @default the engine's */
  timeoutMs?: number;
  /** Gives the NOTIFY up: what is queued is not sent, what was sent is forgotten. The promise rejects with its reason. */
  signal?: AbortSignal;
}

export interface NotifyOptions extends ExpectOptions {
  /** 0 to 2^53-1. @default as HAProxy 3.1 and newer: 1, 3, 5, ... in the order of sending */
  streamId?: number;
  /** 0 to 2^53-1. @default 1 */
  frameId?: number;
  /** Sends the bytes in pieces of this size, each in a turn of the event loop of its own. @default all at once */
  pieceBytes?: number;
  /**
   * Stops behind this many fragments, as HAProxy does while it has no more to send. Only a NOTIFY that is too big for one
   * frame is held; it ends by `abort`, a time-out or the agent's ACK with ABORT, and other NOTIFYs wait meanwhile.
   */
  holdAfter?: number;
}

/** Messages, or the payload that encodes them (or something else). It must not change before the ACK has come. */
export type NotifyContent = Iterable<WritableMessage> | Uint8Array;

/** A NOTIFY whose ACK has not come. */
export class PendingNotify {
  readonly payload: Uint8Array;
  readonly options: NotifyOptions;
  streamId: number | undefined;
  frameId: number;
  /** How far the payload was sent, in bytes, and in how many frames. */
  offset = 0;
  frames = 0;
  /** Whether its promise is settled. */
  settled = false;
  readonly #resolve: (ack: Ack) => void;
  readonly #reject: (reason: unknown) => void;
  #onAbort: (() => void) | undefined;

  constructor(
    payload: Uint8Array,
    options: NotifyOptions,
    resolve: (ack: Ack) => void,
    reject: (reason: unknown) => void,
  ) {
    this.payload = payload;
    this.options = options;
    this.streamId = options.streamId;
    this.frameId = options.frameId ?? 1;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  get sent(): boolean {
    return this.frames > 0;
  }

  onAbort(giveUp: (reason: unknown) => void): void {
    const { signal } = this.options;
    if (signal === undefined) return;
    this.#onAbort = () => giveUp(signal.reason);
    signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  resolve(ack: Ack): void {
    this.#settle();
    this.#resolve(ack);
  }

  reject(reason: unknown): void {
    this.#settle();
    this.#reject(reason);
  }

  #settle(): void {
    this.settled = true;
    if (this.#onAbort !== undefined) this.options.signal?.removeEventListener('abort', this.#onAbort);
  }
}
