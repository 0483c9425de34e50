import { setTimeout as delay } from 'node:timers/promises';
import { statisticsOf } from '../agent-statistics.ts';
import type { Statistics } from '../agents/statistics.ts';
import type { Bench, Report } from '../bench.ts';
import { type Contender, ourAgent } from '../contenders.ts';
import type { Measurement } from '../generator.ts';
import { attempt } from '../measure.ts';
import { freePort, Processor, withProgram } from '../processes.ts';
import { PROFILES, type Profile } from '../profiles.ts';
import { disturbanceOf, disturbanceText } from '../report/disturbance.ts';
import { count, decimal, table } from '../report/table.ts';

/** The kinds of agents, each under the profiles in which it makes most garbage. */
const CASES = [
  ['core', 'ip-16x32'],
  ['framework', 'ip-16x32'],
  ['framework', 'waf-all-16x32'],
  ['async', 'ip-16x32'],
] as const;

interface Pauses {
  readonly label: string;
  readonly profile: string;
  readonly gc: Statistics['gc'];
  readonly measurement: Measurement;
}

/** How long garbage collection stops an agent at full load. */
export async function pausesSuite(bench: Bench): Promise<Report> {
  const results: Pauses[] = [];
  const failures: string[] = [];
  for (const node of bench.nodes) {
    for (const [kind, profile] of CASES) {
      const contender = ourAgent(kind, node);
      const what = `${contender.label}, ${profile}`;
      const result = await attempt(what, () => measurePauses(bench, contender, profile), failures);
      if (result !== undefined) results.push(result);
      const said =
        result === undefined ? 'FAILED' : `the longest pause ${decimal(result.gc.longestMs)} ms of ${result.gc.pauses}`;
      bench.progress(`${what}: ${said}`);
    }
  }
  const rows = results.map(({ label, profile, measurement, gc }) => [
    ...[profile, label, count(measurement.fps), gc.pauses, decimal(gc.longestMs), decimal(gc.totalMs)],
    ...[`${decimal(gc.totalMs / measurement.seconds / 10)} %`, (measurement.server_peak_rss_kb / 1024).toFixed(0)],
  ]);
  const head = ['profile', 'agent', 'frames/s', 'pauses', 'longest ms', 'sum ms', 'of the time', 'peak RSS MB'];
  const intro = `Pauses from garbage collection in ${bench.longSeconds} s at full load, after ${bench.generator.warmup} s of warm-up:`;
  const disturbances = disturbanceText(results.map(({ measurement }) => disturbanceOf(measurement)));
  return {
    markdown: [intro, table(head, rows), disturbances, ...failures].join('\n\n'),
    raw: { results, failures },
    errors: results.reduce((sum, { measurement }) => sum + measurement.errors, failures.length),
  };
}

async function measurePauses(bench: Bench, contender: Contender, profile: string): Promise<Pauses> {
  const { load } = PROFILES.find(({ name }) => name === profile) as Profile;
  const port = await freePort();
  return withProgram(contender.command(port, '--stats'), Processor.SERVER, async (agent) => {
    await agent.line();
    // Those of the start and of the warm-up do not count.
    const forgetWarmup = delay(bench.generator.warmup * 1000).then(() => statisticsOf(agent));
    const measuring = bench.generator.measure(load, port, agent.pid, bench.longSeconds);
    const [measurement] = await Promise.all([measuring, forgetWarmup]);
    const { gc } = await statisticsOf(agent);
    return { label: contender.label, profile, gc, measurement };
  });
}
