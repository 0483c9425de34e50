import type { Load } from './profiles.ts';
import type { Summary } from './summary.ts';

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

export const CURVES: readonly Curve[] = [
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

/** Of one contender, by the curve's values. */
export function costs(curve: Curve, line: readonly Summary[]): Map<number, number> {
  const values = new Map(curve.values.map((value) => [caseName(curve, value), value]));
  return new Map(line.map((summary) => [values.get(summary.case) ?? Number.NaN, summary.cpuUsPerFrame]));
}

/** What a measurement for a point of the curve is called. */
export function caseName(curve: Curve, value: number): string {
  return `${curve.name} ${value}`;
}
