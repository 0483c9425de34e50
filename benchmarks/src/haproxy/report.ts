import { FLOOR, NO_FILTER, type Transport } from './contenders.ts';
import type { Measurement } from './measure.ts';

/** Medians of all rounds. Latencies are in microseconds, processor time in microseconds a request. */
export interface Summary {
  readonly version: string;
  readonly connections: number;
  readonly contender: string;
  readonly transport: Transport | undefined;
  readonly requestsPerSecond: number;
  readonly p50: number;
  readonly p99: number;
  /** Over the row without a filter, in the same round. */
  readonly addedP50: number;
  readonly addedP99: number;
  /** p99 divided by the floor's in the same round; undefined when the floor was not measured. */
  readonly p99OfFloor: number | undefined;
  readonly agentTime: number;
  readonly haproxyTime: number;
  /** How many processors everything else on the machine took. */
  readonly others: number;
  /** Sums: requests that the agent did not answer, and errors of wrk's connections. */
  readonly failed: number;
  readonly socketErrors: number;
}

export function summarize(measurements: readonly Measurement[]): Summary[] {
  const keyOf = (m: Measurement): string => `${m.version} ${m.connections} ${m.contender} ${m.transport}`;
  const groups = groupBy(measurements, keyOf);
  return [...groups.values()].map((group) => summary(group, measurements));
}

function summary(group: readonly Measurement[], all: readonly Measurement[]): Summary {
  const { version, connections, contender, transport } = group[0] as Measurement;
  const of = (pick: (m: Measurement) => number): number => median(group.map(pick));
  /** The same round of another row. */
  const beside = (name: string, { round }: Measurement): Measurement | undefined =>
    all.find(
      (m) => m.contender === name && m.round === round && m.connections === connections && m.version === version,
    );
  const added = (pick: (m: Measurement) => number): number =>
    of((m) => pick(m) - pick(beside(NO_FILTER, m) as Measurement));
  const hasFloor = beside(FLOOR, group[0] as Measurement) !== undefined;
  return {
    version,
    connections,
    contender,
    transport,
    requestsPerSecond: of((m) => m.requests / m.seconds),
    p50: of((m) => m.p50),
    p99: of((m) => m.p99),
    addedP50: added((m) => m.p50),
    addedP99: added((m) => m.p99),
    p99OfFloor: hasFloor ? of((m) => m.p99 / (beside(FLOOR, m)?.p99 ?? Number.NaN)) : undefined,
    agentTime: of((m) => (m.agentTime * 1e6) / m.requests),
    haproxyTime: of((m) => (m.haproxyTime * 1e6) / m.requests),
    others: of((m) => m.othersTime / m.seconds),
    failed: group.reduce((sum, m) => sum + m.failed, 0),
    socketErrors: group.reduce((sum, m) => sum + m.socketErrors, 0),
  };
}

// Node 20 has no Map.groupBy.
function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

const COLUMNS = [
  'agent',
  'transport',
  'requests/s',
  'p50 us',
  'p99 us',
  'added p50',
  'added p99',
  'p99 of the floor',
  'agent CPU us/request',
  'HAProxy CPU us/request',
  'not answered',
  'socket errors',
  'other load',
];

/** A table for each version of HAProxy and number of connections. */
export function toMarkdown(summaries: readonly Summary[]): string {
  const groups = groupBy(summaries, (s) => `HAProxy ${s.version}, connections: ${s.connections}`);
  return [...groups].map(([title, rows]) => table(title, rows)).join('\n');
}

function table(title: string, rows: readonly Summary[]): string {
  const lines = [COLUMNS, COLUMNS.map(() => '---'), ...rows.map(cells)];
  return `### ${title}\n\n${lines.map((line) => `| ${line.join(' | ')} |\n`).join('')}`;
}

function cells(row: Summary): string[] {
  const hasAgent = row.transport !== undefined;
  const agentOnly = (text: string): string => (hasAgent ? text : '');
  return [
    row.contender,
    row.transport ?? '',
    `${(row.requestsPerSecond / 1000).toFixed(1)} k`,
    row.p50.toFixed(0),
    row.p99.toFixed(0),
    agentOnly(row.addedP50.toFixed(0)),
    agentOnly(row.addedP99.toFixed(0)),
    agentOnly(row.p99OfFloor?.toFixed(2) ?? ''),
    agentOnly(row.agentTime.toFixed(1)),
    row.haproxyTime.toFixed(1),
    String(row.failed),
    String(row.socketErrors),
    row.others.toFixed(2),
  ];
}
