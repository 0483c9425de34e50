import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';

const RESOLUTION_MS = 20;
const QUANTILES = [0.5, 0.99, 1] as const;

/** How late the event loop comes to what is due, measured every 20 milliseconds. */
export class EventLoopLag {
  readonly #delays: IntervalHistogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });

  constructor() {
    this.#delays.enable();
  }

  /** By quantile, in seconds, of the time since it was asked last. */
  take(): (readonly [quantile: number, seconds: number])[] {
    const isEmpty = this.#delays.count === 0;
    const lags = QUANTILES.map((quantile) => [quantile, isEmpty ? 0 : this.#secondsAt(quantile)] as const);
    this.#delays.reset();
    return lags;
  }

  /** What is measured is the time between two looks: what was meant to be between them is no lag. */
  #secondsAt(quantile: number): number {
    return Math.max(0, this.#delays.percentile(quantile * 100) / 1e9 - RESOLUTION_MS / 1000);
  }

  stop(): void {
    this.#delays.disable();
  }
}
