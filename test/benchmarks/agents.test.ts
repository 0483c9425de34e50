import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ListenTarget } from '@spoa/core';
import { describe, expect, onTestFinished, test } from 'vitest';
import { start as startCore } from '../../benchmarks/src/agents/core.ts';
import { start as startFramework } from '../../benchmarks/src/agents/framework.ts';
import type { AgentSettings, RunningAgent } from '../../benchmarks/src/agents/kind.ts';
import { start as startNet } from '../../benchmarks/src/agents/net.ts';
import { runLoad } from '../../benchmarks/src/load/run.ts';

type Start = (kind: string, target: ListenTarget, settings: AgentSettings) => Promise<RunningAgent>;

const KINDS: [kind: string, start: Start][] = [
  ['net', startNet],
  ['core', startCore],
  ['framework', startFramework],
  ['async', startFramework],
  ['timers', startFramework],
];

/** The last one is larger than a read: frames are cut anywhere. */
const LOADS = [
  { payload: 'ip', message: 'get-ip-reputation', window: 16 },
  { payload: 'many', message: 'get-ip-reputation', window: 16 },
  { payload: 'waf', message: 'waf-three', window: 16 },
  { payload: 'waf', message: 'waf-all', window: 64 },
  { payload: 'big', message: 'big-body', window: 16 },
] as const;

describe('the agents of the benchmarks', () => {
  test.each(KINDS)('%s answers every message as a generator expects it', async (kind, start) => {
    const folder = await mkdtemp(join(tmpdir(), 'spoa-bench-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const path = join(folder, 'agent.sock');
    const agent = await start(kind, { path }, { controllers: 100 });
    onTestFinished(() => agent.close());
    for (const one of LOADS) {
      const result = await runLoad({
        ...{ target: { path }, connections: 4, seconds: 0.1, warmup: 0, drain: 10, rate: 0 },
        ...{ size: 14_336, args: 64, capabilities: ['pipelining', 'async'] },
        ...one,
      });
      expect(result, `${one.message}, ${one.payload}`).toMatchObject({ errors: 0, timed_out: false });
      expect(result.frames).toBeGreaterThan(0);
    }
    if (kind === 'timers') expect(agent.peakInFlight?.()).toBeGreaterThan(1);
  });
});
