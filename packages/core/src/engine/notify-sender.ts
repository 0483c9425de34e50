import { SpoaError } from '../errors.ts';
import { beginFrame, endFrame, FrameFlag, FrameType } from '../wire/frame.ts';
import { asBuffer } from '../wire/reader.ts';
import { encodeVarint } from '../wire/varint.ts';
import { Writer } from '../wire/writer.ts';
import type { Outbox } from './outbox.ts';
import type { PendingNotify } from './pending-notify.ts';

/** TYPE and FLAGS. */
const FIXED_HEADER_BYTES = 5;

/**
 * Puts NOTIFYs on the wire, in fragments where they are too big for one frame. While one of them is not whole on the wire no
 * other begins: HAProxy never mixes the fragments of two.
 */
export class NotifySender {
  readonly #outbox: Outbox;
  readonly #maxFrameSize: number;
  readonly #fragments: boolean;
  #partly: PendingNotify | undefined;

  constructor(outbox: Outbox, maxFrameSize: number, fragments: boolean) {
    this.#outbox = outbox;
    this.#maxFrameSize = maxFrameSize;
    this.#fragments = fragments;
  }

  /** Sends on what is not whole; says whether another NOTIFY may begin. */
  advance(): boolean {
    this.#continue();
    return this.#partly === undefined && !this.#outbox.full;
  }

  /** Why this NOTIFY cannot be sent with this stream-id; `undefined` if it can. */
  refusal(notify: PendingNotify, streamId: number): SpoaError | undefined {
    const length = this.#headerBytes(streamId, notify.frameId) + notify.payload.length;
    const maxFrameSize = this.#maxFrameSize;
    if (length <= maxFrameSize || this.#fragments) return undefined;
    return new SpoaError('SPOA_FRAME_TOO_BIG', `a NOTIFY of length ${length}: ${maxFrameSize} at most`, {
      facts: { length, maxFrameSize, streamId, frameId: notify.frameId },
    });
  }

  begin(notify: PendingNotify, streamId: number): void {
    notify.streamId = streamId;
    this.#partly = notify;
    this.#sendPart(notify, streamId);
    this.#continue();
  }

  /** Whether a part of this NOTIFY, but not all of it, was sent. */
  holds(notify: PendingNotify): boolean {
    return this.#partly === notify;
  }

  /** Sends no more of this NOTIFY; says whether there was more of it. */
  drop(notify: PendingNotify): boolean {
    if (this.#partly !== notify) return false;
    this.#partly = undefined;
    return true;
  }

  #continue(): void {
    const held = this.#partly?.options.holdAfter ?? Number.POSITIVE_INFINITY;
    while (this.#partly !== undefined && this.#partly.frames < held && !this.#outbox.full) {
      this.#sendPart(this.#partly, this.#partly.streamId as number);
    }
  }

  /** Sends one frame: the whole NOTIFY or its next fragment. */
  #sendPart(notify: PendingNotify, streamId: number): void {
    const { payload, offset, frameId } = notify;
    const room = this.#maxFrameSize - this.#headerBytes(streamId, frameId);
    const part = asBuffer(payload).subarray(offset, offset + room);
    notify.offset += part.length;
    const last = notify.offset === payload.length;
    const type = notify.frames === 0 ? FrameType.NOTIFY : FrameType.UNSET;
    const { pieceBytes } = notify.options;
    const writer = pieceBytes === undefined ? this.#outbox.frames : new Writer(64);
    const start = beginFrame(writer, type, last ? FrameFlag.FIN : 0, streamId, frameId);
    writer.raw(part);
    endFrame(writer, start);
    if (pieceBytes === undefined) this.#outbox.due();
    else void this.#outbox.send(writer.take(), pieceBytes);
    notify.frames++;
    if (last) this.#partly = undefined;
  }

  #headerBytes(streamId: number, frameId: number): number {
    return FIXED_HEADER_BYTES + varintBytes(streamId) + varintBytes(frameId);
  }
}

function varintBytes(value: number): number {
  return value < 240 ? 1 : encodeVarint(value).length;
}
