import { PerformanceObserver } from 'node:perf_hooks';
import { getHeapSpaceStatistics } from 'node:v8';

/** Bytes of memory in use, garbage included. */
export interface Memory {
  /** What V8 holds for JavaScript: `heapUsed`. */
  readonly heap: number;
  /** The part of it that was promoted by scavenges, or was too large to be young. */
  readonly old: number;
  /** Memory outside of the heap that objects in it hold, array buffers included. */
  readonly external: number;
}

export function readMemory(): Memory {
  const { heapUsed, external } = process.memoryUsage();
  let old = 0;
  for (const { space_name, space_used_size } of getHeapSpaceStatistics()) {
    if (space_name === 'old_space' || space_name === 'large_object_space') old += space_used_size;
  }
  return { heap: heapUsed, old, external };
}

/** Collects all garbage; again for what finalizers and the ends of sockets gave free. */
export async function collect(): Promise<void> {
  const { gc } = globalThis;
  if (gc === undefined) throw new Error('start node with --expose-gc');
  for (let i = 0; i < 3; i++) {
    gc();
    await turn();
  }
}

/** The next turn of the event loop. */
export function turn(): Promise<void> {
  return new Promise(setImmediate);
}

/** Counts garbage collections. */
export class Collections implements Disposable {
  #count = 0;
  readonly #observer = new PerformanceObserver((list) => {
    this.#count += list.getEntries().length;
  });

  constructor() {
    this.#observer.observe({ entryTypes: ['gc'] });
  }

  /** Collections until now: those of this turn are told in the next. */
  async count(): Promise<number> {
    await turn();
    await turn();
    return this.#count;
  }

  [Symbol.dispose](): void {
    this.#observer.disconnect();
  }
}
