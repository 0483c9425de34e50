import { SpoaError } from '../errors.ts';
import { FrameFlag, FrameType } from '../wire/frame.ts';
import { Reassembly } from '../wire/reassembly.ts';

/** The fragmented NOTIFYs of one connection: put together, given up by HAProxy, or refused by us. */
export class Fragments {
  readonly #reassembly: Reassembly;
  /** A NOTIFY that was refused: what still comes of it is dropped. */
  #refused: { streamId: number; frameId: number } | undefined;

  constructor(maxNotifySize: number) {
    this.#reassembly = new Reassembly(maxNotifySize);
  }

  /** Whether a fragmented NOTIFY has begun and not ended. */
  get open(): boolean {
    return this.#reassembly.open;
  }

  /**
   * Takes one frame of a fragmented NOTIFY.
   *
   * @returns the whole payload with the last one; the error for which the NOTIFY is to be refused; else `undefined`
   * @throws SPOA_FRAGMENTS_INTERLACED, SPOA_FRAGMENT_UNKNOWN
   */
  take(type: number, flags: number, streamId: number, frameId: number, part: Buffer): Buffer | SpoaError | undefined {
    const fin = (flags & FrameFlag.FIN) !== 0;
    if (type === FrameType.UNSET && this.#isRefused(streamId, frameId)) {
      if (fin) this.#refused = undefined;
      return undefined;
    }
    if (type === FrameType.UNSET && (flags & FrameFlag.ABORT) !== 0) {
      if (this.#reassembly.matches(streamId, frameId)) this.#reassembly.reset();
      return undefined;
    }
    // Fragments of two NOTIFYs never mix: nothing comes of the refused one any more, and its ids may come again.
    if (type === FrameType.NOTIFY) this.#refused = undefined;
    try {
      if (type === FrameType.UNSET) return this.#reassembly.add(streamId, frameId, part, fin);
      this.#reassembly.begin(streamId, frameId, part);
      return undefined;
    } catch (error) {
      if (!(error instanceof SpoaError) || error.code !== 'SPOA_FRAGMENTS_TOO_BIG') throw error;
      this.#refused = fin ? undefined : { streamId, frameId };
      return error;
    }
  }

  #isRefused(streamId: number, frameId: number): boolean {
    return this.#refused?.streamId === streamId && this.#refused.frameId === frameId;
  }

  /** Forgets what was gathered. */
  reset(): void {
    this.#reassembly.reset();
    this.#refused = undefined;
  }
}
