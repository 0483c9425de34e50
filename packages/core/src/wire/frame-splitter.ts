import { SpoaError } from '../errors.ts';
import { LENGTH_BYTES, MIN_FRAME_LENGTH } from './frame.ts';

const EMPTY = Buffer.alloc(0);

/** LENGTH and TYPE: what is checked before a byte of the frame is kept. */
const CHECKED_BYTES = LENGTH_BYTES + 1;

/**
 * Cuts a stream of chunks into frames. A frame that lies whole in a chunk is not copied; one that does not is gathered in a
 * buffer of its own size, made only after its length and type were found good.
 *
 * @example
 * splitter.feed(chunk);
 * while (splitter.next()) handle(splitter.bytes, splitter.start, splitter.end);
 */
export class FrameSplitter {
  /** The frame that `next` found: `bytes` from `start` (its type byte) to `end`. Valid until `next` or `feed` is called. */
  bytes: Buffer = EMPTY;
  start = 0;
  end = 0;
  /** The largest LENGTH that is taken, in bytes. */
  maxFrameSize: number;

  readonly #accepts: (type: number) => boolean;
  #chunk: Buffer = EMPTY;
  #offset = 0;
  #chunkEnd = 0;
  /** The beginning of a frame, from earlier chunks: its first bytes, then as many as `#heldLength`. */
  #held: Buffer = EMPTY;
  #heldLength = 0;

  /** @param accepts says whether a frame of this type may come now; asked once a frame */
  constructor(maxFrameSize: number, accepts: (type: number) => boolean) {
    this.maxFrameSize = maxFrameSize;
    this.#accepts = accepts;
  }

  /** The bytes of an unfinished frame that are held. */
  get heldLength(): number {
    return this.#heldLength;
  }

  /** The first bytes of the frame that `next` could not finish or threw at: for a word about who sent them. */
  get head(): Buffer {
    return this.#heldLength > 0
      ? this.#held.subarray(0, this.#heldLength)
      : this.#chunk.subarray(this.#offset, this.#chunkEnd);
  }

  /** Takes the next chunk, or the first `length` bytes of it. The one before must have been read until `next` returned `false`. */
  feed(chunk: Buffer, length = chunk.length): void {
    this.#chunk = chunk;
    this.#offset = 0;
    this.#chunkEnd = length;
  }

  /** Copies what is left of the chunk, for its memory is about to be used again. */
  keep(): void {
    this.feed(Buffer.from(this.#chunk.subarray(this.#offset, this.#chunkEnd)));
  }

  /**
   * Finds the next frame; `false` when the chunk is used up.
   *
   * @throws SPOA_FRAME_INVALID (LENGTH below 7), SPOA_FRAME_TOO_BIG, SPOA_FRAME_UNEXPECTED (type): the stream is lost then
   */
  next(): boolean {
    if (this.#heldLength > 0) return this.#finishHeld();
    const chunk = this.#chunk;
    const at = this.#offset;
    const available = this.#chunkEnd - at;
    if (available < CHECKED_BYTES) return this.#hold(available, CHECKED_BYTES);
    const length = this.#check(chunk, at);
    if (available < LENGTH_BYTES + length) return this.#hold(available, LENGTH_BYTES + length);
    this.bytes = chunk;
    this.start = at + LENGTH_BYTES;
    this.end = this.start + length;
    this.#offset = this.end;
    return true;
  }

  /** Checks the five bytes at `at` and returns LENGTH. */
  #check(bytes: Buffer, at: number): number {
    const length = bytes.readUInt32BE(at);
    const type = bytes[at + LENGTH_BYTES] as number;
    if (!this.#accepts(type)) {
      throw new SpoaError('SPOA_FRAME_UNEXPECTED', `a frame of type ${type} is not allowed now`, {
        facts: { type, length },
      });
    }
    if (length < MIN_FRAME_LENGTH) {
      throw new SpoaError('SPOA_FRAME_INVALID', `a frame of length ${length}: 7 at least`, { facts: { type, length } });
    }
    if (length > this.maxFrameSize) {
      const { maxFrameSize } = this;
      throw new SpoaError('SPOA_FRAME_TOO_BIG', `a frame of length ${length}: ${maxFrameSize} at most`, {
        facts: { type, length, maxFrameSize },
      });
    }
    return length;
  }

  /** Keeps the last bytes of the chunk in a buffer of `size` bytes. */
  #hold(available: number, size: number): false {
    if (available > 0) {
      this.#held = Buffer.allocUnsafe(size);
      this.#heldLength = this.#chunk.copy(this.#held, 0, this.#offset, this.#chunkEnd);
    }
    this.#release();
    return false;
  }

  #finishHeld(): boolean {
    if (this.#held.length === CHECKED_BYTES) {
      if (!this.#fill()) return false;
      const size = LENGTH_BYTES + this.#check(this.#held, 0);
      const whole = Buffer.allocUnsafe(size);
      this.#held.copy(whole);
      this.#held = whole;
    }
    if (!this.#fill()) return false;
    this.bytes = this.#held;
    this.start = LENGTH_BYTES;
    this.end = this.#held.length;
    this.#held = EMPTY;
    this.#heldLength = 0;
    return true;
  }

  /** Moves bytes from the chunk to what is held; `true` when that is full. */
  #fill(): boolean {
    const copied = this.#chunk.copy(this.#held, this.#heldLength, this.#offset, this.#chunkEnd);
    this.#offset += copied;
    this.#heldLength += copied;
    if (this.#heldLength === this.#held.length) return true;
    this.#release();
    return false;
  }

  /** Lets go of the chunk, and of the last frame: a connection may be idle for hours now. */
  #release(): void {
    this.#chunk = EMPTY;
    this.#offset = 0;
    this.#chunkEnd = 0;
    this.bytes = EMPTY;
    this.start = 0;
    this.end = 0;
  }
}
