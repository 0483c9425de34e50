import { type Bench, contendersOf, type Report } from '../bench.ts';
import { measureInRounds, roundsText } from '../measure.ts';
import { PROFILES, type Profile } from '../profiles.ts';
import { disturbanceText } from '../report/disturbance.ts';
import { isOpenLoop, latencyPlot, throughputPlot } from '../report/plots.ts';
import { count, decimal, table } from '../report/table.ts';
import { groupBy, type Summary, summarize } from '../summary.ts';

const KINDS = ['net', 'core', 'framework', 'async'];

/** Throughput, latency and memory of every contender under every profile. */
export async function profilesSuite(bench: Bench): Promise<Report> {
  const contenders = contendersOf(bench, KINDS, bench.nodes);
  const wanted = PROFILES.filter(({ name }) => bench.profiles.length === 0 || bench.profiles.includes(name));
  const cases = wanted.map(({ name, load }) => ({ name, load, contenders }));
  const { samples, failures } = await measureInRounds(cases, bench.rounds, bench.generator, bench.progress);
  const summaries = summarize(samples);
  return {
    markdown: [
      ...[roundsText(bench), profileTable(summaries), disturbanceText(summaries.map(({ disturbance }) => disturbance))],
      ...[...failures, describeProfiles(wanted)],
    ].join('\n\n'),
    raw: { profiles: wanted, summaries, failures, samples },
    plots: plotsOf(summaries),
    errors: summaries.reduce((sum, { errors }) => sum + errors, failures.length),
  };
}

function profileTable(summaries: readonly Summary[]): string {
  const head = ['profile', 'agent', 'Node', 'frames/s', 'frames per CPU s', 'of the floor', 'p50 us', 'p99 us'];
  const rows = summaries.map((s) => [
    ...[s.case, s.kind, s.node ?? '', count(s.framesPerSecond), count(s.framesPerCpuSecond), decimal(s.ofFloor)],
    ...[decimal(s.p50Us), decimal(s.p99Us), decimal(s.p99OfFloor), s.peakRssMb.toFixed(0), s.errors],
  ]);
  return table([...head, 'p99 of the floor', 'peak RSS MB', 'errors'], rows);
}

function describeProfiles(profiles: readonly Profile[]): string {
  const rows = profiles.map(({ name, load }) => [
    ...[name, load.payload, load.message ?? 'get-ip-reputation', load.window, load.connections],
    load.rate === undefined ? 'closed loop' : `open loop, ${load.rate} frames/s, warm-up of ${load.warmup} s`,
  ]);
  return table(['profile', 'payload', 'message', 'window', 'connections', 'load'], rows);
}

/** A pair of plots for each version of Node: one with all of them would be unreadable. */
function plotsOf(summaries: readonly Summary[]): Record<string, string> {
  const floors = summaries.filter(({ node }) => node === undefined);
  const byNode = groupBy(
    summaries.filter(({ node }) => node !== undefined),
    ({ node }) => node as string,
  );
  const plots: Record<string, string> = {};
  for (const [node, ofNode] of byNode) {
    const [major] = node.split('.');
    if (!ofNode.every(isOpenLoop)) plots[`throughput-node-${major}.svg`] = throughputPlot([...floors, ...ofNode], node);
    if (ofNode.some(isOpenLoop)) plots[`latency-node-${major}.svg`] = latencyPlot([...floors, ...ofNode], node);
  }
  return plots;
}
