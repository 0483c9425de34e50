import { PerformanceObserver } from 'node:perf_hooks';
import type { RunningAgent } from './kind.ts';

/** A line of `agent --stats`. Sizes are bytes, times milliseconds. */
export interface Statistics {
  readonly rss: number;
  readonly heapUsed: number;
  readonly external: number;
  /** Since the line before, or the start. */
  readonly gc: { readonly pauses: number; readonly longestMs: number; readonly totalMs: number };
  readonly peakInFlight: number;
}

/**
 * Prints a line on every SIGUSR2. Under `--expose-gc` garbage is collected first, so that only what is in use is counted.
 *
 * @returns prints the last one
 */
export function reportStatistics(agent: RunningAgent): () => void {
  let gc = { pauses: 0, longestMs: 0, totalMs: 0 };
  const note = (entries: readonly { readonly duration: number }[]): void => {
    for (const { duration } of entries) {
      gc.pauses++;
      gc.totalMs += duration;
      gc.longestMs = Math.max(gc.longestMs, duration);
    }
  };
  const observer = new PerformanceObserver((list) => note(list.getEntries()));
  observer.observe({ entryTypes: ['gc'] });
  const print = (): void => {
    note(observer.takeRecords());
    globalThis.gc?.();
    const { rss, heapUsed, external } = process.memoryUsage();
    const statistics: Statistics = { rss, heapUsed, external, gc, peakInFlight: agent.peakInFlight?.() ?? 0 };
    console.log(JSON.stringify(statistics));
    gc = { pauses: 0, longestMs: 0, totalMs: 0 };
  };
  process.on('SIGUSR2', print);
  return print;
}
