import { type Bench, contendersOf, type Report } from '../bench.ts';
import { type Case, measureInRounds } from '../measure.ts';
import type { Load } from '../profiles.ts';
import { costPlot } from '../report/plots.ts';
import { decimal, table } from '../report/table.ts';
import { groupBy, type Summary, summarize } from '../summary.ts';

/** What a frame costs as one thing varies. */
export interface Curve {
  /** Of its file, too. */
  readonly name: string;
  readonly label: string;
  /** What else is so, in words. */
  readonly load: string;
  readonly values: readonly number[];
  readonly kinds: readonly string[];
  loadAt(value: number): Load;
  options?(value: number): string[];
}

const ALL = ['net', 'core', 'framework', 'async'];

const CURVES: readonly Curve[] = [
  {
    name: 'window',
    label: 'NOTIFYs unanswered on each connection',
    load: 'an address, 4 connections',
    values: [1, 2, 4, 8, 16, 32, 64],
    kinds: ALL,
    loadAt: (window) => ({ payload: 'ip', window, connections: 4 }),
  },
  {
    name: 'connections',
    label: 'connections',
    load: 'an address, window 16',
    values: [1, 4, 16, 64, 250, 1000],
    kinds: ALL,
    loadAt: (connections) => ({ payload: 'ip', window: 16, connections }),
  },
  {
    name: 'arguments',
    label: 'arguments sent, of which one is asked for',
    load: 'short strings and an address, 16x32',
    values: [1, 4, 16, 32, 64],
    kinds: ALL,
    loadAt: (args) => ({ payload: 'many', args, window: 16, connections: 32 }),
  },
  {
    name: 'frame-size',
    label: 'bytes of a binary argument',
    load: 'message big-body, 4x8',
    values: [64, 256, 1024, 4096, 8192, 14_336],
    kinds: ALL,
    loadAt: (size) => ({ payload: 'big', message: 'big-body', size, window: 4, connections: 8 }),
  },
  {
    name: 'controllers',
    label: 'messages that the agent knows',
    load: 'an address, 16x32',
    values: [4, 10, 100, 1000],
    kinds: ['framework', 'async'],
    loadAt: () => ({ payload: 'ip', window: 16, connections: 32 }),
    options: (controllers) => ['--controllers', String(controllers)],
  },
];

/** The cost of a frame, in CPU microseconds, against what may drive it, on the first Node. */
export async function curvesSuite(bench: Bench): Promise<Report> {
  const cases = CURVES.flatMap((curve) => curve.values.map((value) => caseOf(bench, curve, value)));
  const samples = await measureInRounds(cases, bench.rounds, bench.generator, bench.progress);
  const summaries = groupBy(summarize(samples), (summary) => summary.case.split(' ')[0] as string);
  const parts: string[] = [];
  const plots: Record<string, string> = {};
  for (const curve of CURVES) {
    const own = summaries.get(curve.name) ?? [];
    const lines = [...groupBy(own, ({ label }) => label).values()];
    if (lines.length === 0) continue;
    plots[`cost-${curve.name}.svg`] = costPlot(curve, lines, bench.nodes[0]?.version ?? '');
    const generator = bench.generator.nameFor(curve.loadAt(1));
    parts.push(`CPU microseconds per frame against ${curve.label} (${curve.load}; generator: ${generator}):`);
    parts.push(costTable(curve, lines));
  }
  const all = [...summaries.values()].flat();
  return {
    markdown: parts.join('\n\n'),
    raw: { summaries: all, samples },
    plots,
    errors: all.reduce((sum, { errors }) => sum + errors, 0),
  };
}

function caseOf(bench: Bench, curve: Curve, value: number): Case {
  const contenders = contendersOf(bench, curve.kinds, bench.nodes.slice(0, 1));
  const options = curve.options?.(value);
  return {
    name: `${curve.name} ${value}`,
    load: curve.loadAt(value),
    // Who does not know messages by name is not told how many.
    contenders: options === undefined ? contenders : contenders.filter(({ kind }) => curve.kinds.includes(kind)),
    ...(options !== undefined && { options }),
  };
}

function costTable(curve: Curve, lines: readonly (readonly Summary[])[]): string {
  const rows = lines.map((line) => [line[0]?.label ?? '', ...line.map(({ cpuUsPerFrame }) => decimal(cpuUsPerFrame))]);
  return table(['agent', ...curve.values.map(String)], rows);
}
