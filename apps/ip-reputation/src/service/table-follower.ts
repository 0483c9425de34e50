import type { Query } from '../database/query.ts';
import type { PrefixTable } from '../table/prefix-table.ts';
import type { Alarm } from './alarm.ts';
import { currentSnapshot, readChanges } from './change-reader.ts';
import { entryPages } from './entry-pages.ts';
import { type EntryRow, expiryOf, prefixFromHex } from './entry-rows.ts';

/** How long a piece of work may keep the event loop, roughly. */
const SLICE_MS = 4;

type Lists = ReadonlySet<string> | 'all';

/**
 * Keeps the table in memory in step with the database.
 *
 * Single changes are applied as they come. Larger ones load their lists again, in the background and in place: what
 * is still listed is never missing, and single changes are applied between the pages.
 */
export class TableFollower {
  readonly #table: PrefixTable;
  readonly #alarm: Alarm;
  #snapshot: string | undefined;
  #pending: Set<string> | 'all' = 'all';
  #synchronizedAt = 0;

  /** @param alarm rings when the database has changed */
  constructor(table: PrefixTable, alarm: Alarm) {
    this.#table = table;
    this.#alarm = alarm;
  }

  /** When everything that was known to have changed had been applied, in milliseconds since 1970; 0: never. */
  get synchronizedAt(): number {
    return this.#synchronizedAt;
  }

  /** Distrusts what is in memory: the connection was lost, and behind the same address may be another database. */
  reloadAll(): void {
    this.#pending = 'all';
  }

  /**
   * Follows the database until a query fails.
   *
   * @param query on a connection that listens already: what is changed from now on rings the alarm
   * @param idle waits until there may be something to do
   * @param onLoaded called each time that everything has been loaded
   */
  async follow(query: Query, idle: () => Promise<void>, onLoaded: () => void): Promise<never> {
    for (;;) {
      await this.#catchUp(query);
      while (this.#pending === 'all' || this.#pending.size > 0) {
        const lists: Lists = this.#pending;
        this.#pending = new Set();
        await this.#reload(query, lists).catch((error) => {
          this.#pending = 'all';
          throw error;
        });
        if (lists === 'all') onLoaded();
      }
      this.#synchronizedAt = Date.now();
      await idle();
    }
  }

  /** Applies what happened since the last time. */
  async #catchUp(query: Query): Promise<void> {
    this.#alarm.stop();
    this.#table.advance(Date.now());
    if (this.#snapshot === undefined) {
      this.#snapshot = await currentSnapshot(query);
      return;
    }
    const changes = await readChanges(query, this.#snapshot);
    for (const [prefix, list] of changes.removed) this.#table.remove(prefixFromHex(prefix), list);
    for (const row of changes.set) this.#set(row);
    this.#snapshot = changes.snapshot;
    if (changes.reload === 'all') this.#pending = 'all';
    else if (this.#pending !== 'all') for (const list of changes.reload) this.#pending.add(list);
  }

  /**
   * Loads lists again, in place. A page shows its rows as they are when it is read, later than the last catching up;
   * changes are applied after it, so that the table never goes back in time.
   */
  async #reload(query: Query, lists: Lists): Promise<void> {
    const generation = this.#table.beginGeneration();
    const pages = entryPages(query, lists);
    for (let page = await pages.next(); !page.done; ) {
      for (const row of page.value) this.#set(row);
      const changed = this.#alarm.ringing;
      if (changed) await this.#catchUp(query);
      page = await pages.next(changed);
    }
    const sweep = this.#table.sweep(generation, lists === 'all' ? undefined : lists);
    for (let done = false; !done; ) {
      const until = performance.now() + SLICE_MS;
      while (!done && performance.now() < until) done = sweep.next().done === true;
      await new Promise((resolve) => setImmediate(resolve));
    }
    await this.#catchUp(query);
  }

  #set([prefix, list, score, reason, expires]: EntryRow): void {
    this.#table.set(prefixFromHex(prefix), list, score, reason ?? undefined, expiryOf(expires));
  }
}
