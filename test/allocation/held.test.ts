import { expect, test, vi } from 'vitest';
import type { IdleReport } from '../../benchmarks/src/micro/allocation/connections.ts';
import type { InFlightReport } from '../../benchmarks/src/micro/allocation/in-flight.ts';
import { IDLE_CONNECTION, KEPT_IN_FLIGHT, POOLS } from './bounds.ts';
import { measure, TIMEOUT_MS } from './measure.ts';

vi.setConfig({ testTimeout: TIMEOUT_MS, hookTimeout: TIMEOUT_MS });

test('an idle connection holds less than 16 kB', async () => {
  const { heap, external, resident } = await measure<IdleReport>('idle', 1000);
  const said = `heap ${heap}, outside of it ${external}, process (with the other end) ${resident} bytes a connection`;
  expect(heap + external, said).toBeLessThan(IDLE_CONNECTION);
});

test('100,000 NOTIFYs wait for timers at a time, are answered, and leave nothing behind', async () => {
  const notifies = 100_000;
  const { answered, firstKept, laterKept } = await measure<InFlightReport>('in-flight', notifies);
  expect(answered).toBe(2 * notifies);
  // What was taken is given back, but for what the pools keep for the next.
  expect(firstKept.heap + firstKept.external).toBeLessThan(POOLS);
  expect(laterKept.heap).toBeLessThan(KEPT_IN_FLIGHT * notifies);
  expect(laterKept.external).toBeLessThan(KEPT_IN_FLIGHT * notifies);
});
