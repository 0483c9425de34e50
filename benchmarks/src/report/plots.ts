import { type Curve, costs } from '../curves.ts';
import { groupBy, type Summary } from '../summary.ts';
import { drawPlot, type Line } from './svg.ts';

/** In all plots a contender looks the same. */
const STYLES = ['floor', 'net', 'core', 'framework', 'async'];

/** Frames per CPU second of each contender under each profile. */
export function throughputPlot(summaries: readonly Summary[], node: string): string {
  const closed = summaries.filter((summary) => !isOpenLoop(summary));
  const cases = [...new Set(closed.map((summary) => summary.case))];
  return drawPlot({
    title: `Throughput per core, Node ${node}`,
    x: { label: 'profile', scale: 'linear', ticks: cases.map((name, i) => [i, name]) },
    y: { label: 'frames per CPU second', scale: 'log' },
    lines: linesOf(closed, (summary) => [cases.indexOf(summary.case), summary.framesPerCpuSecond]),
    scattered: true,
  });
}

const PERCENTILES = [
  ['p50', 'p50Us'],
  ['p90', 'p90Us'],
  ['p99', 'p99Us'],
  ['p99.9', 'p999Us'],
] as const;

/** Latency at a rate that every contender bears: elsewhere it is the waiting of a NOTIFY for those before it. */
export function latencyPlot(summaries: readonly Summary[], node: string): string {
  const open = summaries.filter(isOpenLoop);
  return drawPlot({
    title: `Latency in an open loop of 20,000 frames/s, Node ${node}`,
    x: { label: 'percentile', scale: 'linear', ticks: PERCENTILES.map(([label], i) => [i, label]) },
    y: { label: 'microseconds', scale: 'log' },
    lines: open.map((summary) => ({
      ...looks(summary),
      points: PERCENTILES.map(([, key], i) => [i, summary[key]] as const),
    })),
  });
}

/** @param lines the summaries of each contender */
export function costPlot(curve: Curve, lines: readonly (readonly Summary[])[], node: string): string {
  return drawPlot({
    title: `Cost of a frame, Node ${node}: ${curve.load}`,
    x: { label: curve.label, scale: 'log', ticks: curve.values.map((value) => [value, String(value)]) },
    y: { label: 'CPU microseconds per frame', scale: curve.name === 'window' ? 'log' : 'linear' },
    lines: lines.map((line) => ({
      ...looks(line[0]),
      points: [...costs(curve, line)],
    })),
  });
}

export function isOpenLoop(summary: Summary): boolean {
  return summary.case.startsWith('open-');
}

function linesOf(summaries: readonly Summary[], point: (summary: Summary) => readonly [number, number]): Line[] {
  return [...groupBy(summaries, ({ kind }) => kind).values()].map((own) => ({
    ...looks(own[0]),
    points: own.map(point),
  }));
}

function looks(summary: Summary | undefined): Pick<Line, 'name' | 'style'> {
  const name = summary?.kind ?? '';
  return { name, style: Math.max(0, STYLES.indexOf(name)) };
}
