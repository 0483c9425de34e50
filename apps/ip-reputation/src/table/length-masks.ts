/**
 * Which prefix lengths are worth a probe for an address: a look-up would otherwise try up to 33 lengths of IPv4 and
 * 129 of IPv6, each a cache miss in a large table. Never misses a length that a stored prefix needs; keeps those of
 * removed prefixes (a wasted probe, no more).
 */
export class LengthMasks {
  readonly v4 = new FirstWordMasks();
  readonly v6 = new FirstWordMasks();
  /** IPv6, lengths 33 to 128: three words by a hash of the first word, in 3 MB. Networks that share a place cost
   * probes; that is rare up to some hundred thousand different /32 networks. */
  readonly v6Long = new Int32Array(3 << LONG_BITS);

  addV4(address: number, length: number): void {
    this.v4.add(address, length);
  }

  addV6(w0: number, length: number): void {
    if (length <= 32) {
      this.v6.add(w0, length);
      return;
    }
    const at = indexOfLong(w0) + ((length - 33) >>> 5);
    this.v6Long[at] = (this.v6Long[at] as number) | (1 << ((length - 33) & 31));
  }
}

const LONG_BITS = 18;

/** First of the three words of {@link LengthMasks.v6Long} for addresses that start with `w0`. */
export function indexOfLong(w0: number): number {
  return (Math.imul(w0, 0x9e3779b1) >>> (32 - LONG_BITS)) * 3;
}

const EMPTY = new Uint16Array(1 << 16);

/** Lengths 0 to 32 of the first (for IPv4: the only) word of an address; bit 0 of a mask stands for its first length. */
export class FirstWordMasks {
  /** Whether there is a prefix of length 0. */
  zero = false;
  /** Lengths 1 to 16 by the upper 16 bits. */
  readonly short = new Uint16Array(1 << 16);
  /** Lengths 17 to 32 by the upper 24 bits: an array of 65536 masks for each value of the first 8. */
  readonly #long = new Array<Uint16Array>(256).fill(EMPTY);

  /** The mask of lengths 17 to 32. */
  longOf(word: number): number {
    return (this.#long[word >>> 24] as Uint16Array)[(word >>> 8) & 0xffff] as number;
  }

  add(word: number, length: number): void {
    if (length === 0) this.zero = true;
    else if (length <= 16) fill(this.short, word >>> 16, 16 - length, 1 << (length - 1));
    else {
      let masks = this.#long[word >>> 24] as Uint16Array;
      if (masks === EMPTY) masks = this.#long[word >>> 24] = new Uint16Array(1 << 16);
      fill(masks, (word >>> 8) & 0xffff, Math.max(24 - length, 0), 1 << (length - 17));
    }
  }
}

/** A prefix shorter than the index covers a run of 2^`exponent` places. */
function fill(masks: Uint16Array, first: number, exponent: number, bit: number): void {
  for (let i = first; i < first + (1 << exponent); i++) masks[i] = (masks[i] as number) | bit;
}
