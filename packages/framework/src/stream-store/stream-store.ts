/** What a store in memory answers at once, and one elsewhere later. */
export type Awaitable<T> = T | Promise<T>;

/**
 * What the messages of one stream know of each other: what the one for the request puts in, the one for the response
 * takes out. The key is an id that HAProxy sends with both, the sample `unique-id`.
 *
 * It is a class so that it can be injected; `MemoryStreamStore` is the one that comes with the framework. Others, in a
 * database for several processes, answer with promises. Each forgets by itself what nobody takes: a response may never
 * come.
 */
export abstract class StreamStore<T> {
  /** What was put in under this id, as long as it is there. */
  abstract get(id: string): Awaitable<T | undefined>;
  /** Puts a value in, in the place of the one before; its time begins anew. */
  abstract set(id: string, value: T): Awaitable<void>;
  /** Like `get`, and removes it: for the last message of a stream. */
  abstract take(id: string): Awaitable<T | undefined>;
  /** Removes a value; `false` where there was none. */
  abstract delete(id: string): Awaitable<boolean>;
  /** How many values there are. */
  abstract readonly size: Awaitable<number>;
}
