import { SpoaError } from '../errors.ts';

const EMPTY = Buffer.alloc(0);

/**
 * Puts the fragments of one NOTIFY together (SPOP specification, section 3.2.3). HAProxy 3.0 and older cut the payload
 * anywhere, even inside a string; fragments of two NOTIFYs never mix on a connection.
 *
 * It takes twice the bytes that have come at most, however small the fragments are, and empty ones take nothing.
 */
export class Reassembly {
  /** The largest payload that is put together, in bytes. */
  readonly maxSize: number;
  #open = false;
  #streamId = 0;
  #frameId = 0;
  #bytes: Buffer = EMPTY;
  #size = 0;

  constructor(maxSize: number) {
    this.maxSize = maxSize;
  }

  /** Whether a fragmented NOTIFY has begun and not ended. */
  get open(): boolean {
    return this.#open;
  }

  /** The bytes held. */
  get size(): number {
    return this.#size;
  }

  /** Whether the first fragment with these ids has come and the last has not. */
  matches(streamId: number, frameId: number): boolean {
    return this.#open && this.#streamId === streamId && this.#frameId === frameId;
  }

  /**
   * The first fragment, of a frame of type NOTIFY without FIN; the part is copied.
   *
   * @throws SPOA_FRAGMENTS_INTERLACED, SPOA_FRAGMENTS_TOO_BIG
   */
  begin(streamId: number, frameId: number, part: Uint8Array): void {
    if (this.#open) {
      throw new SpoaError('SPOA_FRAGMENTS_INTERLACED', 'another NOTIFY began inside a fragmented one', {
        facts: { streamId, frameId, openStreamId: this.#streamId, openFrameId: this.#frameId },
      });
    }
    this.#open = true;
    this.#streamId = streamId;
    this.#frameId = frameId;
    this.#add(part);
  }

  /**
   * A further fragment; the part is copied.
   *
   * @returns the whole payload with the last one (`fin`), `undefined` before
   * @throws SPOA_FRAGMENT_UNKNOWN where no NOTIFY with these ids has begun, SPOA_FRAGMENTS_TOO_BIG
   */
  add(streamId: number, frameId: number, part: Uint8Array, fin: boolean): Buffer | undefined {
    if (!this.matches(streamId, frameId)) {
      throw new SpoaError('SPOA_FRAGMENT_UNKNOWN', 'a fragment continues a NOTIFY that has not begun', {
        facts: { streamId, frameId },
      });
    }
    this.#add(part);
    if (!fin) return undefined;
    const payload = this.#bytes.subarray(0, this.#size);
    this.reset();
    return payload;
  }

  #add(part: Uint8Array): void {
    const size = this.#size + part.length;
    if (size > this.maxSize) {
      this.reset();
      throw new SpoaError('SPOA_FRAGMENTS_TOO_BIG', `a fragmented NOTIFY of ${size} bytes: ${this.maxSize} at most`, {
        facts: { size, maxSize: this.maxSize },
      });
    }
    if (size > this.#bytes.length) this.#grow(size);
    this.#bytes.set(part, this.#size);
    this.#size = size;
  }

  /** At least doubled, so that what has come is not copied for every small fragment. */
  #grow(size: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.min(Math.max(size, this.#bytes.length * 2), this.maxSize));
    this.#bytes.copy(grown, 0, 0, this.#size);
    this.#bytes = grown;
  }

  /** Forgets what was gathered: ABORT, or the end of the connection. */
  reset(): void {
    this.#open = false;
    this.#bytes = EMPTY;
    this.#size = 0;
  }
}
