import { beforeAll, describe, expect, test, vi } from 'vitest';
import type { FramesReport } from '../../benchmarks/src/micro/allocation/frames.ts';
import type { Profile } from '../../benchmarks/src/micro/payloads.ts';
import { ALLOCATED, KEPT, PROMOTED } from './bounds.ts';
import { measure, TIMEOUT_MS } from './measure.ts';

vi.setConfig({ testTimeout: TIMEOUT_MS, hookTimeout: TIMEOUT_MS });

describe.each(['core', 'sync', 'async'] as const)('what frames allocate: %s', (kind) => {
  let reports: FramesReport[];

  beforeAll(async () => {
    reports = await measure('frames', kind);
  });

  describe.each(Object.keys(ALLOCATED[kind]) as Profile[])('%s', (profile) => {
    const report = (): FramesReport => reports.find((one) => one.profile === profile) as FramesReport;

    test('no more bytes than the table says', () => {
      const { heap, external } = ALLOCATED[kind][profile];
      expect(report().allocated.heap).toBeLessThan(heap);
      expect(report().allocated.external).toBeLessThan(external);
    });

    test('nothing of a frame stays', () => {
      expect(report().kept.heap).toBeLessThan(KEPT);
      expect(report().kept.external).toBeLessThan(KEPT);
    });

    test('no frame survives the scavenges', () => {
      expect(report().collections).toBeGreaterThan(0);
      expect(report().promoted).toBeLessThan(PROMOTED[kind]);
    });
  });
});
