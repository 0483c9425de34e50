import { Bench } from 'tinybench';

/** One thing to measure. `run` does it `times` times, for a clock is too coarse for one. */
export interface Subject {
  readonly name: string;
  readonly times: number;
  readonly run: () => unknown;
}

/** What doing one thing once takes, in nanoseconds. */
export interface Timing {
  readonly name: string;
  readonly min: number;
  readonly median: number;
  readonly mean: number;
  readonly p99: number;
  /** Of the mean, in percent of it, at 95 % confidence. */
  readonly marginPercent: number;
}

/** Measures one after the other, each for `milliseconds`. */
export async function measure(subjects: readonly Subject[], milliseconds: number): Promise<Timing[]> {
  const timings: Timing[] = [];
  for (const { name, times, run } of subjects) {
    const bench = new Bench({ time: milliseconds, warmupTime: milliseconds / 2, throws: true });
    bench.add(name, run);
    const [task] = await bench.run();
    const result = task?.result;
    if (result === undefined || !('latency' in result)) throw new Error(`${name} was not measured`);
    const { min, p50, mean, p99, rme } = result.latency;
    const nanoseconds = (each: number): number => (each * 1e6) / times;
    timings.push({
      name,
      min: nanoseconds(min),
      median: nanoseconds(p50),
      mean: nanoseconds(mean),
      p99: nanoseconds(p99),
      marginPercent: rme,
    });
  }
  return timings;
}
