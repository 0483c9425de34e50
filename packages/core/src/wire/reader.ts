import { SpoaError } from '../errors.ts';

/**
 * Reads one run of bytes from front to back. Every read is checked against `end`: in JavaScript a read past the end of a
 * buffer gives `undefined` and a short slice gives fewer bytes, and neither throws.
 *
 * Every method throws `SPOA_TRUNCATED` where the bytes do not suffice.
 */
export class Reader {
  bytes: Buffer;
  offset: number;
  /** One past the last byte that may be read. */
  end: number;

  constructor(bytes: Uint8Array, offset = 0, end = bytes.length) {
    // Written so that NaN fails too.
    if (!(Number.isInteger(offset) && offset >= 0 && offset <= end && end <= bytes.length)) {
      throw new SpoaError('SPOA_TRUNCATED', `bytes ${offset} to ${end} were asked for, there are ${bytes.length}`, {
        facts: { offset, end, length: bytes.length },
      });
    }
    this.bytes = asBuffer(bytes);
    this.offset = offset;
    this.end = end;
  }

  /** Reads another run, which must lie in `bytes`: a hot path, so nothing is checked. */
  reset(bytes: Buffer, offset: number, end: number): void {
    this.bytes = bytes;
    this.offset = offset;
    this.end = end;
  }

  get remaining(): number {
    return this.end - this.offset;
  }

  u8(): number {
    if (this.offset >= this.end) throw truncated(this, 1);
    return this.bytes[this.offset++] as number;
  }

  /** Four bytes, big-endian. */
  u32(): number {
    const { bytes, offset } = this;
    if (this.end - offset < 4) throw truncated(this, 4);
    this.offset = offset + 4;
    return (
      (bytes[offset] as number) * 0x1000000 +
      (((bytes[offset + 1] as number) << 16) | ((bytes[offset + 2] as number) << 8) | (bytes[offset + 3] as number))
    );
  }

  /** Moves over `length` bytes and returns where they began. */
  skip(length: number): number {
    const start = this.offset;
    if (length > this.end - start) throw truncated(this, length);
    this.offset = start + length;
    return start;
  }

  /** A view of the next `length` bytes: valid as long as the memory behind it is. */
  view(length: number): Buffer {
    const start = this.skip(length);
    return this.bytes.subarray(start, start + length);
  }
}

export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function truncated(reader: Reader, needed: number): SpoaError {
  return new SpoaError('SPOA_TRUNCATED', `${needed} more bytes were announced, ${reader.remaining} are left`, {
    facts: { offset: reader.offset, needed, remaining: reader.remaining },
  });
}
