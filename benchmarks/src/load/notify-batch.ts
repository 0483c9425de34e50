import { encodeFrame, FrameFlag, FrameType } from '@spoa/core';
import type { Payload } from './payload.ts';

/*
 * A stream-id of five bytes is <0xf0 | 4 bits> <0x80 | 7 bits> three times <7 bits>: the bits of a number of 32 bits, spread
 * out. Such ids stand at one place in frames of one length, so a NOTIFY is made by writing five bytes into a finished one.
 */

/** The stream-id whose number is 0: the first of five bytes. */
const FIRST_STREAM_ID = 33_818_864;
/** Where the stream-id is in a frame, LENGTH included. */
const STREAM_ID_AT = 9;
/** The bytes of every stream-id. */
export const STREAM_ID_BYTES = 5;

/** The number of the stream-id at `at`, or -1 where it is none of ours. Its five bytes must be there. */
export function readNumber(bytes: Buffer, at: number): number {
  const a = bytes[at] as number;
  const b = bytes[at + 1] as number;
  const c = bytes[at + 2] as number;
  const d = bytes[at + 3] as number;
  const e = bytes[at + 4] as number;
  if (a < 0xf0 || b < 0x80 || c < 0x80 || d < 0x80 || e >= 0x40) return -1;
  return (a & 15) | ((b & 127) << 4) | ((c & 127) << 11) | ((d & 127) << 18) | (e << 25);
}

/** Memory for NOTIFY frames that lie one behind the other, to leave in one write. All connections share it. */
export class NotifyBatch {
  readonly #frame: Buffer;
  readonly #capacity: number;
  readonly #addressAt: number;
  #frames: Buffer;

  /** @param capacity how many frames a write may have */
  constructor(payload: Payload, capacity: number) {
    const head = { type: FrameType.NOTIFY, flags: FrameFlag.FIN, streamId: FIRST_STREAM_ID, frameId: 1 };
    this.#frame = encodeFrame({ ...head, payload: payload.bytes });
    this.#capacity = capacity;
    this.#addressAt = payload.addressAt < 0 ? -1 : this.#frame.length - payload.bytes.length + payload.addressAt;
    this.#frames = this.#fresh();
  }

  /** Bytes of a frame, LENGTH included. */
  get frameSize(): number {
    return this.#frame.length;
  }

  /** Makes frame `i` the NOTIFY with this number, 0 to 2^31-1, and an address that goes with it. */
  put(i: number, number: number): void {
    const frames = this.#frames;
    const start = i * this.#frame.length;
    const at = start + STREAM_ID_AT;
    frames[at] = 0xf0 | (number & 15);
    frames[at + 1] = 0x80 | (number >>> 4);
    frames[at + 2] = 0x80 | (number >>> 11);
    frames[at + 3] = 0x80 | (number >>> 18);
    frames[at + 4] = number >>> 25;
    if (this.#addressAt < 0) return;
    frames[start + this.#addressAt + 2] = number >>> 8;
    frames[start + this.#addressAt + 3] = number;
  }

  /** The first `count` frames. */
  take(count: number): Buffer {
    return this.#frames.subarray(0, count * this.#frame.length);
  }

  /** Leaves the memory to whom it was given: a socket that has not written it yet. */
  renew(): void {
    this.#frames = this.#fresh();
  }

  #fresh(): Buffer {
    return Buffer.allocUnsafeSlow(this.#capacity * this.#frame.length).fill(this.#frame);
  }
}
