import { describe, expect, test, vi } from 'vitest';
import type { ReadsReport } from '../../benchmarks/src/micro/allocation/connections.ts';
import type { ControllersReport } from '../../benchmarks/src/micro/allocation/controllers.ts';
import { NOISE, READ } from './bounds.ts';
import { measure, TIMEOUT_MS } from './measure.ts';

vi.setConfig({ testTimeout: TIMEOUT_MS, hookTimeout: TIMEOUT_MS });

describe('what a frame allocates is the same', () => {
  test('among 1, 10 and 1,000 controllers', async () => {
    const heaps: number[] = [];
    for (const controllers of [1, 10, 1000]) {
      const { allocated } = await measure<ControllersReport>('controllers', controllers);
      heaps.push(allocated.heap);
    }
    expect(Math.max(...heaps), `bytes a frame: ${heaps.join(', ')}`).toBeLessThan(Math.min(...heaps) * NOISE);
  });

  test('on 1, 100 and 1,000 connections', async () => {
    const heaps: number[] = [];
    for (const connections of [1, 100, 1000]) {
      const { allocated } = await measure<ReadsReport>('reads', 'ip', connections);
      heaps.push(allocated.heap);
    }
    expect(Math.max(...heaps), `bytes a frame: ${heaps.join(', ')}`).toBeLessThan(Math.min(...heaps) * NOISE);
  });
});

test.each(Object.entries(READ))('a read from a socket makes no buffer: %s', async (profile, heap) => {
  const { allocated } = await measure<ReadsReport>('reads', profile, 1);
  expect(allocated.heap).toBeLessThan(heap);
  expect(allocated.external).toBeLessThan(1);
});
