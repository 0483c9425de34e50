/** What a list says about an address. Shared between look-ups and never changed: don't modify. */
export interface Match {
  /** 0 (blacklisted without doubt) to 100 (totally safe). */
  readonly score: number;
  readonly list: string;
  readonly reason: string | undefined;
}

/**
 * One object for all entries that say the same: most lists give each of their prefixes the same score and reason.
 * Beyond a limit (a list whose reason differs on every line) the objects are the entries' own.
 */
export class MatchPool {
  static readonly limit = 65_536;
  readonly #byKey = new Map<string, Match>();

  take(score: number, list: string, reason: string | undefined): Match {
    const key = reason === undefined ? `${score} ${list}` : `${score} ${list}\n${reason}`;
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    const match: Match = { score, list, reason };
    if (this.#byKey.size < MatchPool.limit) this.#byKey.set(key, match);
    return match;
  }

  /** Forgets every object; those in use stay valid. */
  clear(): void {
    this.#byKey.clear();
  }
}
