/** 64 steps for each doubling: a value is known to 1.6 %. */
const STEP_BITS = 6;
const STEPS = 1 << STEP_BITS;
/** The unit in which values are counted, in milliseconds. */
const UNIT_MS = 0.0001;

/** How often which latency was seen. Adding one is cheap, for the generator must not be what is measured. */
export class Histogram {
  #counts = new Uint32Array((32 - STEP_BITS + 1) * STEPS);
  #count = 0;
  #sumMs = 0;
  #maxMs = 0;

  add(ms: number): void {
    this.#count++;
    this.#sumMs += ms;
    if (ms > this.#maxMs) this.#maxMs = ms;
    const units = Math.min(ms / UNIT_MS, 0x7fff_ffff) | 0;
    const doublings = Math.max(0, 32 - Math.clz32(units) - STEP_BITS - 1);
    const slot = doublings * STEPS + (units >> doublings);
    this.#counts[slot] = (this.#counts[slot] as number) + 1;
  }

  reset(): void {
    this.#counts.fill(0);
    this.#count = 0;
    this.#sumMs = 0;
    this.#maxMs = 0;
  }

  get meanMs(): number {
    return this.#count === 0 ? 0 : this.#sumMs / this.#count;
  }

  get maxMs(): number {
    return this.#maxMs;
  }

  /** The latency that a share of all did not exceed, such as 0.99. */
  quantileMs(share: number): number {
    const wanted = Math.max(1, Math.round(this.#count * share));
    let seen = 0;
    for (let slot = 0; slot < this.#counts.length; slot++) {
      seen += this.#counts[slot] as number;
      if (seen >= wanted) return Math.min(this.#maxMs, upperEnd(slot) * UNIT_MS);
    }
    return this.#maxMs;
  }
}

/** The largest value of a slot, in units. */
function upperEnd(slot: number): number {
  const doublings = Math.max(0, Math.floor(slot / STEPS) - 1);
  return (slot - doublings * STEPS + 1) * 2 ** doublings - 1;
}
