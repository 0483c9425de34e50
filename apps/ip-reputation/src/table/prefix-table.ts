import type { IpAddress } from '@spoa/core';
import type { Prefix } from '../entries/prefix.ts';
import { EntryChains } from './entry-chains.ts';
import { indexOfLong, LengthMasks } from './length-masks.ts';
import { type Match, MatchPool } from './match.ts';
import { PrefixSlots } from './prefix-slots.ts';

/** IPv4 lives among the IPv6 prefixes as `::ffff:0:0/96`, whose third word this is. */
const MAPPED = 0xffff;
const NOTHING = -1;

/**
 * Longest prefix match over all lists, in memory.
 *
 * The longest prefix that holds the address wins; among the lists that have that very prefix, the lowest score wins
 * (then the list first by name). Expired entries do not count. A look-up allocates nothing.
 */
export class PrefixTable {
  readonly #slots = new PrefixSlots();
  readonly #masks = new LengthMasks();
  readonly #chains = new EntryChains();
  readonly #pool = new MatchPool();
  readonly #sizes = new Map<string, number>();
  #size = 0;
  #generation = 1;
  #now = 0;

  /** How many entries (pairs of prefix and list) there are, the expired ones included. */
  get size(): number {
    return this.#size;
  }

  /** How many entries each list has. */
  get sizes(): ReadonlyMap<string, number> {
    return this.#sizes;
  }

  /** Sets the clock that expiry is judged by, in milliseconds since 1970. */
  advance(now: number): void {
    this.#now = now;
  }

  /** The winning entry for an address, or `undefined` when no list has it. */
  lookup(ip: IpAddress): Match | undefined {
    if (ip.family === 4) return this.#lookupV4(ip.w0 | 0);
    const { w0, w1, w2, w3 } = ip;
    if (w2 === MAPPED && w0 === 0 && w1 === 0) return this.#lookupV4(w3 | 0);
    return this.#lookupV6(w0 | 0, w1 | 0, w2 | 0, w3 | 0);
  }

  #lookupV4(address: number): Match | undefined {
    const { v4 } = this.#masks;
    for (let lengths = v4.longOf(address); lengths !== 0; ) {
      const bit = 31 - Math.clz32(lengths);
      lengths ^= 1 << bit;
      const found = this.#best(0, 0, MAPPED, address & (-1 << (15 - bit)), 17 + bit + 96);
      if (found !== undefined) return found;
    }
    for (let lengths = v4.short[address >>> 16] as number; lengths !== 0; ) {
      const bit = 31 - Math.clz32(lengths);
      lengths ^= 1 << bit;
      const found = this.#best(0, 0, MAPPED, address & (-1 << (31 - bit)), 1 + bit + 96);
      if (found !== undefined) return found;
    }
    return v4.zero ? this.#best(0, 0, MAPPED, 0, 96) : undefined;
  }

  #lookupV6(w0: number, w1: number, w2: number, w3: number): Match | undefined {
    const { v6, v6Long } = this.#masks;
    const long = indexOfLong(w0);
    for (let word = 2; word >= 0; word--) {
      for (let lengths = v6Long[long + word] as number; lengths !== 0; ) {
        const bit = 31 - Math.clz32(lengths);
        lengths ^= 1 << bit;
        const mask = -1 << (31 - bit);
        const found = this.#best(
          w0,
          word === 0 ? w1 & mask : w1,
          word === 0 ? 0 : word === 1 ? w2 & mask : w2,
          word === 2 ? w3 & mask : 0,
          33 + 32 * word + bit,
        );
        if (found !== undefined) return found;
      }
    }
    for (let lengths = v6.longOf(w0); lengths !== 0; ) {
      const bit = 31 - Math.clz32(lengths);
      lengths ^= 1 << bit;
      const found = this.#best(w0 & (-1 << (15 - bit)), 0, 0, 0, 17 + bit);
      if (found !== undefined) return found;
    }
    for (let lengths = v6.short[w0 >>> 16] as number; lengths !== 0; ) {
      const bit = 31 - Math.clz32(lengths);
      lengths ^= 1 << bit;
      const found = this.#best(w0 & (-1 << (31 - bit)), 0, 0, 0, 1 + bit);
      if (found !== undefined) return found;
    }
    return v6.zero ? this.#best(0, 0, 0, 0, 0) : undefined;
  }

  #best(w0: number, w1: number, w2: number, w3: number, length: number): Match | undefined {
    const head = this.#slots.get(w0, w1, w2, w3, length);
    return head === NOTHING ? undefined : this.#chains.best(head, this.#now);
  }

  /**
   * Adds or replaces what a list says about a prefix.
   *
   * @param expiresAt milliseconds since 1970; `Infinity`: never
   * @throws RangeError past 16,777,215 entries
   */
  set(prefix: Prefix, list: string, score: number, reason: string | undefined, expiresAt: number): void {
    const { w0, w1, w2, w3, length } = inV6(prefix);
    const known = this.#slots.get(w0, w1, w2, w3, length);
    const match = this.#pool.take(score, list, reason);
    const isNew = !this.#chains.has(known, list);
    const head = this.#chains.insert(this.#chains.remove(known, list), match, expiresAt, this.#generation);
    if (head !== known) this.#slots.set(w0, w1, w2, w3, length, head);
    if (!isNew) return;
    if (prefix.family === 4) this.#masks.addV4(w3, prefix.length);
    else this.#masks.addV6(w0, prefix.length);
    this.#count(list, 1);
  }

  /** Removes what a list says about a prefix; whether there was something. */
  remove(prefix: Prefix, list: string): boolean {
    const { w0, w1, w2, w3, length } = inV6(prefix);
    return this.#removeAt(w0, w1, w2, w3, length, list);
  }

  #removeAt(w0: number, w1: number, w2: number, w3: number, length: number, list: string): boolean {
    const known = this.#slots.get(w0, w1, w2, w3, length);
    if (!this.#chains.has(known, list)) return false;
    const head = this.#chains.remove(known, list);
    if (head === NOTHING) this.#slots.delete(w0, w1, w2, w3, length);
    else if (head !== known) this.#slots.set(w0, w1, w2, w3, length, head);
    this.#count(list, -1);
    return true;
  }

  /**
   * Starts a new generation: what {@link set} touches from now on belongs to it, and {@link sweep} removes the rest.
   * So a list is loaded again in place: nothing that is still listed is ever missing, and no second table is needed.
   *
   * @returns the generation, for {@link sweep}
   */
  beginGeneration(): number {
    this.#pool.clear();
    return ++this.#generation;
  }

  /**
   * Removes the entries older than a generation, of all lists or of those named. Yields often (each step is well
   * under a millisecond for a million entries) so that the caller can let others run.
   */
  *sweep(generation: number, lists?: ReadonlySet<string>): Generator<void, number, void> {
    let removed = 0;
    for (let segment = 0; segment < this.#slots.segmentCount; segment++) {
      const stale: number[] = [];
      const staleLists: string[] = [];
      this.#slots.forEachIn(segment, (w0, w1, w2, w3, length, head) => {
        for (const list of this.#chains.listsBefore(head, generation)) {
          if (lists !== undefined && !lists.has(list)) continue;
          stale.push(w0, w1, w2, w3, length);
          staleLists.push(list);
        }
      });
      for (let i = 0; i < staleLists.length; i++) {
        const word = (offset: number): number => stale[5 * i + offset] as number;
        if (this.#removeAt(word(0), word(1), word(2), word(3), word(4), staleLists[i] as string)) removed++;
      }
      yield;
    }
    return removed;
  }

  #count(list: string, difference: 1 | -1): void {
    this.#size += difference;
    const size = (this.#sizes.get(list) ?? 0) + difference;
    if (size === 0) this.#sizes.delete(list);
    else this.#sizes.set(list, size);
  }
}

function inV6(prefix: Prefix): { w0: number; w1: number; w2: number; w3: number; length: number } {
  const { address, length } = prefix;
  if (address.family === 4) return { w0: 0, w1: 0, w2: MAPPED, w3: address.w0 | 0, length: length + 96 };
  return { w0: address.w0 | 0, w1: address.w1 | 0, w2: address.w2 | 0, w3: address.w3 | 0, length };
}
