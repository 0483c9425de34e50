import { expect, test } from 'vitest';
import type { Measurement } from '../../benchmarks/src/generator.ts';
import type { Sample } from '../../benchmarks/src/measure.ts';
import { median, summarize } from '../../benchmarks/src/summary.ts';

function sample(kind: string, round: number, framesPerCpuSecond: number, errors = 0): Sample {
  const latency = { mean: 1, p50: 1, p90: 1, p99: framesPerCpuSecond, p99_9: 1, max: 1 };
  const measurement: Measurement = {
    ...{ frames: 1, seconds: 1, fps: 1, frames_per_cpu_s: framesPerCpuSecond, cpu_us_per_frame: 1 },
    ...{ latency_us: latency, errors, error_kinds: {}, server_cpu_s: 1, server_peak_rss_kb: 1024 * round },
    ...{ generator_cpu_s: 1, other_cpu_s: 0.1 * round, steal_s: 0 },
  };
  return { case: 'a', kind, node: undefined, label: kind, isFloor: kind === 'floor', round, measurement };
}

test('the share of the floor is the median of the shares within each round: the machine drifts', () => {
  const floor = [100, 1000, 400].map((value, i) => sample('floor', i + 1, value));
  const agent = [50, 600, 280].map((value, i) => sample('agent', i + 1, value, i));
  const [first, second] = summarize([...floor, ...agent]);
  expect(first).toMatchObject({ kind: 'floor', ofFloor: 1, p99OfFloor: 1, errors: 0 });
  // 0.5, 0.6 and 0.7; the share of the medians would be 0.7.
  expect(second).toMatchObject({ kind: 'agent', ofFloor: 0.6, framesPerCpuSecond: 280, errors: 3, peakRssMb: 3 });
  expect(second?.disturbance).toBeCloseTo(0.3);
});

test('a round that the floor has not is compared with no other', () => {
  const samples = [sample('floor', 2, 100), sample('agent', 1, 99), sample('agent', 2, 50)];
  expect(summarize(samples)[1]?.ofFloor).toBe(0.5);
  expect(summarize([sample('agent', 1, 99)])[0]?.ofFloor).toBeNaN();
});

test('a median of an even number lies between the two in the middle', () => {
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(median([3, 1, 2])).toBe(2);
});
