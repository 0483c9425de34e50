import type { MessageIndex } from '@spoa/core';
import type { Route } from './compile-route.ts';

/** Finds a message's route by the bytes of its name; what the last one was is tried first. */
export class RouteTable<R extends Route = Route> {
  readonly #buckets = new Map<number, R[]>();
  #last: R | undefined;

  constructor(routes: readonly R[]) {
    for (const route of routes) {
      const key = hash(route.name.bytes, 0, route.name.bytes.length);
      this.#buckets.set(key, [...(this.#buckets.get(key) ?? []), route]);
    }
    this.#last = routes[0];
  }

  find(index: MessageIndex, message: number): R | undefined {
    const last = this.#last;
    if (last !== undefined && index.isMessageNamed(message, last.name)) return last;
    const bucket = this.#buckets.get(hash(index.bytes, index.messageNameStart(message), index.messageNameEnd(message)));
    if (bucket === undefined) return undefined;
    for (const route of bucket) {
      if (!index.isMessageNamed(message, route.name)) continue;
      this.#last = route;
      return route;
    }
    return undefined;
  }
}

/** FNV-1a, 32 bits. */
function hash(bytes: Uint8Array, start: number, end: number): number {
  let value = 0x811c9dc5;
  for (let i = start; i < end; i++) value = Math.imul(value ^ (bytes[i] as number), 0x01000193);
  return value;
}
