import { count, table } from '../report/table.ts';
import { groupBy, median } from '../summary.ts';
import { FLOOR, NO_FILTER, type Transport } from './contenders.ts';
import type { Measurement } from './measure.ts';

/** Medians of all rounds. Latencies are in microseconds, CPU time in microseconds a request. */
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
  readonly agentCpu: number;
  readonly haproxyCpu: number;
  /** The largest share of a processor that other programs or the hypervisor took in a round. */
  readonly disturbance: number;
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
    agentCpu: of((m) => (m.agentCpu * 1e6) / m.requests),
    haproxyCpu: of((m) => (m.haproxyCpu * 1e6) / m.requests),
    disturbance: Math.max(...group.map((m) => m.othersCpu / m.seconds)),
    failed: group.reduce((sum, m) => sum + m.failed, 0),
    socketErrors: group.reduce((sum, m) => sum + m.socketErrors, 0),
  };
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
  'disturbance',
];

/** A table for each version of HAProxy and number of connections. */
export function toMarkdown(summaries: readonly Summary[]): string {
  const groups = groupBy(summaries, (s) => `HAProxy ${s.version}, connections: ${s.connections}`);
  return [...groups].map(([title, rows]) => `### ${title}\n\n${table(COLUMNS, rows.map(cells))}\n`).join('\n');
}

function cells(row: Summary): string[] {
  const hasAgent = row.transport !== undefined;
  const agentOnly = (text: string): string => (hasAgent ? text : '');
  return [
    row.contender,
    row.transport ?? '',
    count(row.requestsPerSecond),
    row.p50.toFixed(0),
    row.p99.toFixed(0),
    agentOnly(row.addedP50.toFixed(0)),
    agentOnly(row.addedP99.toFixed(0)),
    agentOnly(row.p99OfFloor?.toFixed(2) ?? ''),
    agentOnly(row.agentCpu.toFixed(1)),
    row.haproxyCpu.toFixed(1),
    String(row.failed),
    String(row.socketErrors),
    row.disturbance.toFixed(2),
  ];
}
