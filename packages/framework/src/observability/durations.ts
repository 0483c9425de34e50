/** Upper bounds in seconds: a handler takes microseconds, HAProxy waits for milliseconds, a database may take seconds. */
export const DURATION_BOUNDS = [
  0.000005, 0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
  0.5, 1, 2.5,
] as const;

/** How often something took how long, in plain numbers: one is added for every frame. */
export class Durations {
  /** In seconds. */
  sum = 0;
  /** How many are within each bound and above the one before; the last has those above all bounds. */
  readonly #counts = new Array<number>(DURATION_BOUNDS.length + 1).fill(0);

  add(milliseconds: number): void {
    const seconds = milliseconds / 1000;
    let i = 0;
    while (i < DURATION_BOUNDS.length && seconds > (DURATION_BOUNDS[i] as number)) i++;
    this.#counts[i] = (this.#counts[i] as number) + 1;
    this.sum += seconds;
  }

  /** For each bound, and for infinity, how many were no longer. */
  get cumulative(): number[] {
    let total = 0;
    return this.#counts.map((count) => {
      total += count;
      return total;
    });
  }
}
