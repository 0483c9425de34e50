import type { Bench, Report } from '../bench.ts';
import { curvesSuite } from './curves.ts';
import { inFlightSuite } from './in-flight.ts';
import { memorySuite } from './memory.ts';
import { pausesSuite } from './pauses.ts';
import { profilesSuite } from './profiles.ts';
import { startSuite } from './start.ts';

export interface Suite {
  readonly title: string;
  run(bench: Bench): Promise<Report>;
}

/** By name, in the order of a run. Each writes files of its name. */
export const SUITES: Readonly<Record<string, Suite>> = {
  profiles: { title: 'Throughput, latency and memory', run: profilesSuite },
  curves: { title: 'What drives the cost of a frame', run: curvesSuite },
  memory: { title: 'Idle connections', run: memorySuite },
  pauses: { title: 'Pauses', run: pausesSuite },
  'in-flight': { title: 'Very many handlers at a time', run: inFlightSuite },
  start: { title: 'Start to first answer', run: startSuite },
};
