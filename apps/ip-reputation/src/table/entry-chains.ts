import type { Match } from './match.ts';
import { PrefixSlots } from './prefix-slots.ts';

const NOTHING = -1;
/** Entries are kept in pages: growing one large array would stop the event loop while it is copied. */
const PAGE_BITS = 14;
const PAGE_SIZE = 1 << PAGE_BITS;
const IN_PAGE = PAGE_SIZE - 1;

class Page {
  readonly matches = new Array<Match | undefined>(PAGE_SIZE).fill(undefined);
  readonly expiresAt = new Float64Array(PAGE_SIZE);
  readonly next = new Int32Array(PAGE_SIZE);
  readonly generations = new Uint32Array(PAGE_SIZE);
}

/**
 * The entries of all lists, those with the same prefix chained from the lowest score to the highest (then by the
 * list's name). A chain is known by the number of its first entry; -1 is the empty chain.
 */
export class EntryChains {
  readonly #pages: Page[] = [];
  #allocated = 0;
  #free = NOTHING;

  /** The first entry of a chain that has not expired. */
  best(head: number, now: number): Match | undefined {
    for (let entry = head; entry !== NOTHING; ) {
      const page = this.#pages[entry >>> PAGE_BITS] as Page;
      const at = entry & IN_PAGE;
      if ((page.expiresAt[at] as number) > now) return page.matches[at];
      entry = page.next[at] as number;
    }
    return undefined;
  }

  /** Puts an entry into its place; the new first entry. */
  insert(head: number, match: Match, expiresAt: number, generation: number): number {
    const entry = this.#allocate();
    const page = this.#pageOf(entry);
    page.matches[entry & IN_PAGE] = match;
    page.expiresAt[entry & IN_PAGE] = expiresAt;
    page.generations[entry & IN_PAGE] = generation;
    let before = NOTHING;
    let after = head;
    while (after !== NOTHING && goesBefore(this.#matchOf(after), match)) {
      before = after;
      after = this.#nextOf(after);
    }
    this.#link(entry, after);
    if (before === NOTHING) return entry;
    this.#link(before, entry);
    return head;
  }

  /** Whether a list has an entry in a chain. */
  has(head: number, list: string): boolean {
    for (let entry = head; entry !== NOTHING; entry = this.#nextOf(entry)) {
      if (this.#matchOf(entry).list === list) return true;
    }
    return false;
  }

  /** Takes the entry of a list out, if there is one; the new first entry. */
  remove(head: number, list: string): number {
    let before = NOTHING;
    for (let entry = head; entry !== NOTHING; entry = this.#nextOf(entry)) {
      if (this.#matchOf(entry).list !== list) {
        before = entry;
        continue;
      }
      const after = this.#nextOf(entry);
      this.#pageOf(entry).matches[entry & IN_PAGE] = undefined;
      this.#link(entry, this.#free);
      this.#free = entry;
      if (before === NOTHING) return after;
      this.#link(before, after);
      return head;
    }
    return head;
  }

  /** The lists whose entries in a chain are older than a generation. */
  *listsBefore(head: number, generation: number): Generator<string, void, void> {
    for (let entry = head; entry !== NOTHING; entry = this.#nextOf(entry)) {
      const { generations } = this.#pageOf(entry);
      if ((generations[entry & IN_PAGE] as number) < generation) yield this.#matchOf(entry).list;
    }
  }

  #allocate(): number {
    if (this.#free !== NOTHING) {
      const entry = this.#free;
      this.#free = this.#nextOf(entry);
      return entry;
    }
    const entry = this.#allocated;
    if (entry > PrefixSlots.maxNumber) throw new RangeError(`the table holds at most ${entry} entries`);
    if ((entry & IN_PAGE) === 0) this.#pages.push(new Page());
    this.#allocated++;
    return entry;
  }

  #pageOf(entry: number): Page {
    return this.#pages[entry >>> PAGE_BITS] as Page;
  }

  #matchOf(entry: number): Match {
    return this.#pageOf(entry).matches[entry & IN_PAGE] as Match;
  }

  #nextOf(entry: number): number {
    return this.#pageOf(entry).next[entry & IN_PAGE] as number;
  }

  #link(entry: number, next: number): void {
    this.#pageOf(entry).next[entry & IN_PAGE] = next;
  }
}

function goesBefore(a: Match, b: Match): boolean {
  return a.score < b.score || (a.score === b.score && a.list < b.list);
}
