import type { Metric } from 'prom-client';
import { DURATION_BOUNDS, type Durations } from './durations.ts';

interface Sample {
  readonly metricName: string;
  readonly labels: Record<string, string | number>;
  readonly value: number;
}

/** A histogram of prom-client's whose numbers are counted elsewhere: its own would look its labels up for every frame. */
export function durationMetric(
  name: string,
  help: string,
  series: () => Iterable<readonly [labels: Record<string, string>, durations: Durations]>,
): Metric {
  const get = async (): Promise<object> => {
    const values = Array.from(series(), ([labels, durations]) => samples(name, labels, durations)).flat();
    return { name, help, type: 'histogram', aggregator: 'sum', values };
  };
  // All that a registry asks a metric for; the type is the class.
  return { name, help, get } as unknown as Metric;
}

function samples(name: string, labels: Record<string, string>, durations: Durations): Sample[] {
  const { cumulative, sum } = durations;
  const buckets = cumulative.map((value, i) => {
    const le = DURATION_BOUNDS[i] ?? '+Inf';
    return { metricName: `${name}_bucket`, labels: { le, ...labels }, value };
  });
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels, value: sum },
    { metricName: `${name}_count`, labels, value: cumulative.at(-1) ?? 0 },
  ];
}
