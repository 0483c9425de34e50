/** Slots are 5 words: the four words of the prefix, then its tag (0: the slot is free). */
const STRIDE = 5;
/** A power of two. Chosen by the upper bits of the hash; the slot by the lower ones. */
const SEGMENT_BITS = 10;
const SEGMENTS = 1 << SEGMENT_BITS;
const FIRST_CAPACITY = 16;

interface Segment {
  /** A power of two times {@link STRIDE} words. */
  slots: Int32Array;
  /** Capacity in slots, minus one. */
  mask: number;
  used: number;
}

/**
 * Prefix to number, open addressing in typed arrays: 20 bytes a slot.
 *
 * The table is cut into segments that grow on their own, so that no insertion ever moves more than a thousandth of it:
 * growing a single table of a million prefixes stops the event loop for tens of milliseconds.
 *
 * A tag holds the length plus one (8 bits, so that no tag is 0) and the number (24 bits).
 */
export class PrefixSlots {
  static readonly maxNumber = 0xffffff;
  readonly segmentCount = SEGMENTS;
  readonly #segments: Segment[] = Array.from({ length: SEGMENTS }, () => newSegment(FIRST_CAPACITY));

  /** The number stored for a prefix, or -1. Words are signed or unsigned alike; host bits must be zero. */
  get(w0: number, w1: number, w2: number, w3: number, length: number): number {
    const hash = hashOf(w0, w1, w2, w3, length);
    const segment = this.#segments[hash >>> (32 - SEGMENT_BITS)] as Segment;
    const at = find(segment, hash, w0 | 0, w1 | 0, w2 | 0, w3 | 0, length);
    return at < 0 ? -1 : (segment.slots[at + 4] as number) & PrefixSlots.maxNumber;
  }

  /** Stores the number of a prefix, new or known. */
  set(w0: number, w1: number, w2: number, w3: number, length: number, number: number): void {
    const hash = hashOf(w0, w1, w2, w3, length);
    const segment = this.#segments[hash >>> (32 - SEGMENT_BITS)] as Segment;
    const tag = ((length + 1) << 24) | number;
    let at = find(segment, hash, w0 | 0, w1 | 0, w2 | 0, w3 | 0, length);
    if (at >= 0) {
      segment.slots[at + 4] = tag;
      return;
    }
    if ((segment.used + 1) * 4 > (segment.mask + 1) * 3) {
      grow(segment);
      at = find(segment, hash, w0 | 0, w1 | 0, w2 | 0, w3 | 0, length);
    }
    at = ~at;
    segment.slots[at] = w0;
    segment.slots[at + 1] = w1;
    segment.slots[at + 2] = w2;
    segment.slots[at + 3] = w3;
    segment.slots[at + 4] = tag;
    segment.used++;
  }

  /** Forgets a prefix. */
  delete(w0: number, w1: number, w2: number, w3: number, length: number): void {
    const hash = hashOf(w0, w1, w2, w3, length);
    const segment = this.#segments[hash >>> (32 - SEGMENT_BITS)] as Segment;
    const at = find(segment, hash, w0 | 0, w1 | 0, w2 | 0, w3 | 0, length);
    if (at < 0) return;
    closeGap(segment, at / STRIDE);
    segment.used--;
  }

  /** Calls `visit` for each prefix of one segment. `visit` must not change this object. */
  forEachIn(
    index: number,
    visit: (w0: number, w1: number, w2: number, w3: number, length: number, number: number) => void,
  ): void {
    const { slots } = this.#segments[index] as Segment;
    for (let at = 0; at < slots.length; at += STRIDE) {
      const tag = slots[at + 4] as number;
      if (tag === 0) continue;
      const word = (i: number): number => slots[at + i] as number;
      visit(word(0), word(1), word(2), word(3), (tag >>> 24) - 1, tag & PrefixSlots.maxNumber);
    }
  }

  /** Memory of the slots in bytes. */
  get bytes(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.slots.byteLength, 0);
  }
}

function newSegment(capacity: number): Segment {
  return { slots: new Int32Array(capacity * STRIDE), mask: capacity - 1, used: 0 };
}

function hashOf(w0: number, w1: number, w2: number, w3: number, length: number): number {
  let hash = Math.imul(w0, 0x9e3779b1) ^ Math.imul(w1, 0x85ebca6b) ^ Math.imul(length, 0x27d4eb2f);
  hash = (hash ^ (hash >>> 15)) + Math.imul(w2, 0xc2b2ae35) + Math.imul(w3, 0x165667b1);
  hash = Math.imul(hash ^ (hash >>> 16), 0x7feb352d);
  hash = Math.imul(hash ^ (hash >>> 15), 0x846ca68b);
  return hash ^ (hash >>> 16);
}

/** Index of the first word of the prefix's slot, or the complement (`~`) of the free slot where it would go. */
function find(s: Segment, hash: number, w0: number, w1: number, w2: number, w3: number, length: number): number {
  const { slots, mask } = s;
  let slot = hash & mask;
  for (;;) {
    const at = slot * STRIDE;
    const tag = slots[at + 4] as number;
    if (tag === 0) return ~at;
    if (
      slots[at + 3] === w3 &&
      slots[at] === w0 &&
      slots[at + 1] === w1 &&
      slots[at + 2] === w2 &&
      tag >>> 24 === length + 1
    ) {
      return at;
    }
    slot = (slot + 1) & mask;
  }
}

function grow(segment: Segment): void {
  const { slots } = segment;
  const bigger = newSegment((segment.mask + 1) * 2);
  for (let at = 0; at < slots.length; at += STRIDE) {
    const tag = slots[at + 4] as number;
    if (tag === 0) continue;
    const [w0, w1, w2, w3] = slots.subarray(at, at + 4) as unknown as [number, number, number, number];
    const length = (tag >>> 24) - 1;
    const to = ~find(bigger, hashOf(w0, w1, w2, w3, length), w0, w1, w2, w3, length);
    bigger.slots.set(slots.subarray(at, at + STRIDE), to);
  }
  segment.slots = bigger.slots;
  segment.mask = bigger.mask;
}

/** Moves the entries behind a freed slot back to where a search would still find them (no tombstones to pile up). */
function closeGap(segment: Segment, gap: number): void {
  const { slots, mask } = segment;
  let free = gap;
  for (let slot = (free + 1) & mask; ; slot = (slot + 1) & mask) {
    const at = slot * STRIDE;
    const tag = slots[at + 4] as number;
    if (tag === 0) break;
    const [w0, w1, w2, w3] = slots.subarray(at, at + 4) as unknown as [number, number, number, number];
    const home = hashOf(w0, w1, w2, w3, (tag >>> 24) - 1) & mask;
    // It may move when its home does not lie between the gap (exclusive) and where it is now (inclusive), cyclically.
    if (((slot - home) & mask) < ((slot - free) & mask)) continue;
    slots.copyWithin(free * STRIDE, at, at + STRIDE);
    free = slot;
  }
  slots.fill(0, free * STRIDE, free * STRIDE + STRIDE);
}
