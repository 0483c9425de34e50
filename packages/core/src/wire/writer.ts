import { SpoaError } from '../errors.ts';

/** Bytes below this length are copied in a loop: a call of `set` or `utf8Write` costs more than they do. */
const SHORT = 48;

/**
 * A growing run of bytes. Lengths that are known only afterwards are written over (`patchU32`), so that a frame is built in
 * one pass and leaves in one write.
 */
export class Writer {
  bytes: Buffer;
  offset = 0;
  #limit = Number.POSITIVE_INFINITY;
  #view: Buffer | undefined;
  /** The offset up to which nothing has to be looked at: the end of the memory or the limit, whichever comes first. */
  #room: number;

  constructor(initialSize = 1024) {
    this.bytes = Buffer.allocUnsafeSlow(initialSize);
    this.#room = initialSize;
  }

  /** The offset that must not be passed: a write over it throws `SPOA_ACK_TOO_BIG` and takes no memory. */
  get limit(): number {
    return this.#limit;
  }

  set limit(limit: number) {
    this.#limit = limit;
    this.#room = Math.min(this.bytes.length, limit);
  }

  /** Makes room for exactly `length` more bytes. @throws SPOA_ACK_TOO_BIG */
  reserve(length: number): void {
    if (this.offset + length > this.#room) this.#grow(length);
  }

  /** Whether there is room for `length` more bytes now, without more memory. */
  fits(length: number): boolean {
    return this.offset + length <= this.#room;
  }

  #grow(length: number): void {
    this.checkLimit(length);
    const grown = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, this.offset + length));
    this.bytes.copy(grown, 0, 0, this.offset);
    this.bytes = grown;
    this.#room = Math.min(grown.length, this.#limit);
  }

  /** Throws where `length` more bytes would pass the limit: asked before bytes of a length chosen by others. */
  checkLimit(length: number): void {
    if (this.offset + length > this.#limit) {
      throw new SpoaError('SPOA_ACK_TOO_BIG', `${this.offset + length - this.#limit} bytes too many for one frame`);
    }
  }

  u8(value: number): void {
    this.reserve(1);
    this.bytes[this.offset++] = value;
  }

  /** Four bytes, big-endian. */
  u32(value: number): void {
    this.reserve(4);
    this.patchU32(this.offset, value);
    this.offset += 4;
  }

  patchU32(at: number, value: number): void {
    const { bytes } = this;
    bytes[at] = value >>> 24;
    bytes[at + 1] = value >>> 16;
    bytes[at + 2] = value >>> 8;
    bytes[at + 3] = value;
  }

  raw(source: Uint8Array): void {
    const { length } = source;
    this.reserve(length);
    const { bytes, offset } = this;
    if (length < SHORT) for (let i = 0; i < length; i++) bytes[offset + i] = source[i] as number;
    else bytes.set(source, offset);
    this.offset = offset + length;
  }

  /**
   * Writes `text` if it is short and ASCII, one byte a character, behind its length as one byte; writes nothing and returns
   * `false` otherwise.
   */
  shortAscii(text: string): boolean {
    const { length } = text;
    if (length >= SHORT) return false;
    this.reserve(length + 1);
    const { bytes, offset } = this;
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code > 127) return false;
      bytes[offset + 1 + i] = code;
    }
    bytes[offset] = length;
    this.offset = offset + 1 + length;
    return true;
  }

  utf8(text: string, byteLength: number): void {
    this.reserve(byteLength);
    this.offset += this.bytes.write(text, this.offset, byteLength, 'utf8');
  }

  /** Starts anew in other memory: somebody still reads what was written. */
  renew(): void {
    this.bytes = Buffer.allocUnsafeSlow(this.bytes.length);
    this.offset = 0;
  }

  /** What was written, where it lies. The same view again as long as the length is the same, which it often is for one ACK. */
  view(): Buffer {
    const { bytes, offset } = this;
    if (this.#view?.length !== offset || this.#view.buffer !== bytes.buffer) this.#view = bytes.subarray(0, offset);
    return this.#view;
  }

  /** A copy of what was written from `start` on. */
  take(start = 0): Buffer {
    return Buffer.from(this.bytes.subarray(start, this.offset));
  }
}
