import type { Measurement } from './generator.ts';
import type { Sample } from './measure.ts';
import { disturbanceOf } from './report/disturbance.ts';

/** The medians of what was measured of one contender in one case. */
export interface Summary {
  readonly case: string;
  readonly kind: string;
  readonly node: string | undefined;
  readonly label: string;
  readonly framesPerSecond: number;
  readonly framesPerCpuSecond: number;
  readonly cpuUsPerFrame: number;
  /** Frames per CPU second as a share of the floor's: the median of the shares within each round. */
  readonly ofFloor: number;
  readonly p50Us: number;
  readonly p90Us: number;
  readonly p99Us: number;
  readonly p999Us: number;
  /** p99 as a multiple of the floor's: the median of the multiples within each round. */
  readonly p99OfFloor: number;
  /** The sum over all rounds. */
  readonly errors: number;
  readonly peakRssMb: number;
  /** The largest share of a processor that other programs or the hypervisor took in a round. */
  readonly disturbance: number;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

/** One summary for each contender of each case, in the order measured. */
export function summarize(samples: readonly Sample[]): Summary[] {
  return [...groupBy(samples, (sample) => sample.case).values()].flatMap((ofCase) => {
    const floor = ofCase.filter(({ isFloor }) => isFloor);
    return [...groupBy(ofCase, ({ label }) => label).values()].map((own) => summarizeOne(own, floor));
  });
}

function summarizeOne(own: readonly Sample[], floor: readonly Sample[]): Summary {
  const [first] = own as [Sample];
  const of = (pick: (measurement: Measurement) => number): number => median(own.map((s) => pick(s.measurement)));
  const byFloor = (pick: (measurement: Measurement) => number): number =>
    median(
      own.flatMap(({ round, measurement }) => {
        const beside = floor.find((sample) => sample.round === round);
        return beside === undefined ? [] : [pick(measurement) / pick(beside.measurement)];
      }),
    );
  return {
    case: first.case,
    kind: first.kind,
    node: first.node,
    label: first.label,
    framesPerSecond: of((m) => m.fps),
    framesPerCpuSecond: of((m) => m.frames_per_cpu_s),
    cpuUsPerFrame: of((m) => m.cpu_us_per_frame),
    ofFloor: byFloor((m) => m.frames_per_cpu_s),
    p50Us: of((m) => m.latency_us.p50),
    p90Us: of((m) => m.latency_us.p90),
    p99Us: of((m) => m.latency_us.p99),
    p999Us: of((m) => m.latency_us.p99_9),
    p99OfFloor: byFloor((m) => m.latency_us.p99),
    errors: own.reduce((sum, s) => sum + s.measurement.errors, 0),
    peakRssMb: Math.max(...own.map((s) => s.measurement.server_peak_rss_kb)) / 1024,
    disturbance: Math.max(...own.map(({ measurement }) => disturbanceOf(measurement))),
  };
}

export function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}
