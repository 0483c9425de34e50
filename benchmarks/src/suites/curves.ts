import { type Bench, contendersOf, type Report } from '../bench.ts';
import { CURVES, type Curve, caseName, costs } from '../curves.ts';
import { type Case, measureInRounds, roundsText } from '../measure.ts';
import { costPlot } from '../report/plots.ts';
import { decimal, table } from '../report/table.ts';
import { groupBy, type Summary, summarize } from '../summary.ts';

/** The cost of a frame, in CPU microseconds, against what may drive it, on the first Node. */
export async function curvesSuite(bench: Bench): Promise<Report> {
  const cases = CURVES.flatMap((curve) => curve.values.map((value) => caseOf(bench, curve, value)));
  const { samples, failures } = await measureInRounds(cases, bench.rounds, bench.generator, bench.progress);
  const summaries = groupBy(summarize(samples), (summary) => summary.case.split(' ')[0] as string);
  const parts = [roundsText(bench)];
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
    markdown: [...parts, ...failures].join('\n\n'),
    raw: { summaries: all, failures, samples },
    plots,
    errors: all.reduce((sum, { errors }) => sum + errors, failures.length),
  };
}

function caseOf(bench: Bench, curve: Curve, value: number): Case {
  const contenders = contendersOf(bench, curve.kinds, bench.nodes.slice(0, 1));
  const options = curve.options?.(value);
  return {
    name: caseName(curve, value),
    load: curve.loadAt(value),
    // Who does not know messages by name is not told how many.
    contenders: options === undefined ? contenders : contenders.filter(({ kind }) => curve.kinds.includes(kind)),
    ...(options !== undefined && { options }),
  };
}

function costTable(curve: Curve, lines: readonly (readonly Summary[])[]): string {
  const rows = lines.map((line) => {
    const costAt = (value: number): number => costs(curve, line).get(value) ?? Number.NaN;
    return [line[0]?.label ?? '', ...curve.values.map((value) => decimal(costAt(value)))];
  });
  return table(['agent', ...curve.values.map(String)], rows);
}
