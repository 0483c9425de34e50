import { SpoaError } from '@spoa/core';
import { FrameworkError } from '../errors.ts';
import { StreamStore } from './stream-store.ts';

export interface MemoryStreamStoreOptions {
  /** The oldest value makes room for one more than this. @default 10000 */
  readonly maxEntries?: number;
  /** How long a value is kept: longer than the longest wait for a response. @default 60000 */
  readonly ttlMs?: number;
}

/** HAProxy's own ids have less than 100 characters, and a count of entries bounds no memory if an id can be of any length. */
const MAX_ID_LENGTH = 256;

/**
 * All entries have the same time to live, so the oldest is the first to expire. They are linked by age because a `Map` is
 * slow to tell its oldest key where keys are removed all the time: 14 microseconds at 10,000 entries (Node 20).
 */
interface Entry<T> {
  readonly id: string;
  readonly value: T;
  readonly expiresAt: number;
  older: Entry<T> | undefined;
  newer: Entry<T> | undefined;
}

/**
 * A store in the memory of this process, bounded in entries and in time. Every call takes the same time, however many
 * entries there are. What has expired is removed by the next call; there is no timer, and nothing to close.
 *
 * @example
 * const providers = [{ provide: StreamStore, useValue: new MemoryStreamStore<Request>({ ttlMs: 30_000 }) }];
 */
export class MemoryStreamStore<T> extends StreamStore<T> {
  readonly #maxEntries: number;
  readonly #ttlMs: number;
  readonly #entries = new Map<string, Entry<T>>();
  #oldest: Entry<T> | undefined;
  #newest: Entry<T> | undefined;
  #evicted = 0;
  #expired = 0;

  /** @throws SPOA_VALUE_OUT_OF_RANGE */
  constructor(options: MemoryStreamStoreOptions = {}) {
    super();
    const { maxEntries = 10_000, ttlMs = 60_000 } = options;
    if (!Number.isSafeInteger(maxEntries) || maxEntries < 1) throw invalidOption('maxEntries', 'an integer from 1 on');
    if (!(ttlMs > 0)) throw invalidOption('ttlMs', 'a number above 0');
    this.#maxEntries = maxEntries;
    this.#ttlMs = ttlMs;
  }

  get(id: string): T | undefined {
    this.#expire();
    return this.#entries.get(id)?.value;
  }

  /** @throws FrameworkError SPOA_STREAM_ID_INVALID */
  set(id: string, value: T): void {
    if (typeof id !== 'string' || id === '' || id.length > MAX_ID_LENGTH) throw invalidId(id);
    this.#expire();
    const before = this.#entries.get(id);
    if (before !== undefined) this.#remove(before);
    else if (this.#entries.size === this.#maxEntries) {
      this.#remove(this.#oldest as Entry<T>);
      this.#evicted += 1;
    }
    const expiresAt = performance.now() + this.#ttlMs;
    const entry: Entry<T> = { id, value, expiresAt, older: this.#newest, newer: undefined };
    if (this.#newest === undefined) this.#oldest = entry;
    else this.#newest.newer = entry;
    this.#newest = entry;
    this.#entries.set(id, entry);
  }

  take(id: string): T | undefined {
    this.#expire();
    const entry = this.#entries.get(id);
    if (entry !== undefined) this.#remove(entry);
    return entry?.value;
  }

  delete(id: string): boolean {
    this.#expire();
    const entry = this.#entries.get(id);
    if (entry !== undefined) this.#remove(entry);
    return entry !== undefined;
  }

  get size(): number {
    this.#expire();
    return this.#entries.size;
  }

  /** How many values had to make room for others: if it grows, `maxEntries` is too small, or nobody takes them. */
  get evicted(): number {
    return this.#evicted;
  }

  /** How many values nobody took in time. */
  get expired(): number {
    this.#expire();
    return this.#expired;
  }

  #expire(): void {
    if (this.#oldest === undefined) return;
    const now = performance.now();
    while (this.#oldest !== undefined && this.#oldest.expiresAt <= now) {
      this.#remove(this.#oldest);
      this.#expired += 1;
    }
  }

  #remove(entry: Entry<T>): void {
    const { older, newer } = entry;
    if (older === undefined) this.#oldest = newer;
    else older.newer = newer;
    if (newer === undefined) this.#newest = older;
    else newer.older = older;
    this.#entries.delete(entry.id);
  }
}

function invalidOption(option: string, range: string): SpoaError {
  return new SpoaError('SPOA_VALUE_OUT_OF_RANGE', `${option} is ${range}`, { facts: { option } });
}

function invalidId(id: string): FrameworkError {
  const got = typeof id === 'string' ? `${id.length} characters` : `a value of type ${typeof id}`;
  const problem = `the id of a stream has 1 to ${MAX_ID_LENGTH} characters, not ${got}`;
  return new FrameworkError('SPOA_STREAM_ID_INVALID', problem);
}
