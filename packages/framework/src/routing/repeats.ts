/** Names are a peer's: no more of them than this are kept apart. */
const MAX_KEYS = 256;

/** Counts what repeats, so that a log says it once and not fifty thousand times a second. */
export class Repeats {
  readonly counts = new Map<string, number>();

  /** Counts `key`, and says whether it came for the first time. Beyond 256 keys the rest count as one. */
  isNew(key: string): boolean {
    const known = this.counts.has(key) || this.counts.size < MAX_KEYS ? key : '(others)';
    const count = this.counts.get(known) ?? 0;
    this.counts.set(known, count + 1);
    return count === 0;
  }
}
