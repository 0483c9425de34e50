import { setTimeout as delay } from 'node:timers/promises';
import { statisticsOf } from '../agent-statistics.ts';
import type { Bench, Report } from '../bench.ts';
import { ourAgent } from '../contenders.ts';
import { freePort, Processor, withProgram } from '../processes.ts';
import { PROFILES, type Profile } from '../profiles.ts';
import { count, decimal, table } from '../report/table.ts';

/** The kinds of agents, each under the profiles in which it makes most garbage. */
const CASES = [
  ['core', 'ip-16x32'],
  ['framework', 'ip-16x32'],
  ['framework', 'waf-all-16x32'],
  ['async', 'ip-16x32'],
] as const;

/** How long garbage collection stops an agent at full load. */
export async function pausesSuite(bench: Bench): Promise<Report> {
  const results = [];
  for (const node of bench.nodes) {
    for (const [kind, profile] of CASES) results.push(await measurePauses(bench, ourAgent(kind, node), profile));
  }
  const rows = results.map(({ label, profile, measurement, gc }) => [
    ...[profile, label, count(measurement.fps), gc.pauses, decimal(gc.longestMs), decimal(gc.totalMs)],
    ...[`${decimal(gc.totalMs / measurement.seconds / 10)} %`, (measurement.server_peak_rss_kb / 1024).toFixed(0)],
  ]);
  const head = ['profile', 'agent', 'frames/s', 'pauses', 'longest ms', 'sum ms', 'of the time', 'peak RSS MB'];
  const intro = `Pauses from garbage collection in ${bench.longSeconds} s at full load:`;
  const errors = results.reduce((sum, { measurement }) => sum + measurement.errors, 0);
  return { markdown: `${intro}\n\n${table(head, rows)}`, raw: { results }, errors };
}

async function measurePauses(bench: Bench, contender: ReturnType<typeof ourAgent>, profile: string) {
  const { load } = PROFILES.find(({ name }) => name === profile) as Profile;
  const port = await freePort();
  return withProgram(contender.command(port, '--stats'), Processor.SERVER, async (agent) => {
    await agent.line();
    const measuring = bench.generator.measure(load, port, agent.pid, bench.longSeconds);
    // Those of the start and of the warm-up do not count.
    await delay(bench.generator.warmup * 1000);
    await statisticsOf(agent);
    const measurement = await measuring;
    const { gc } = await statisticsOf(agent);
    bench.progress(`${contender.label}, ${profile}: the longest pause ${decimal(gc.longestMs)} ms of ${gc.pauses}`);
    return { label: contender.label, profile, gc, measurement };
  });
}
