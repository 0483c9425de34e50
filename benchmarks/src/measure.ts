import type { Bench } from './bench.ts';
import type { Contender } from './contenders.ts';
import type { Generator, Measurement } from './generator.ts';
import { freePort, Processor, withProgram } from './processes.ts';
import type { Load } from './profiles.ts';

/** One thing to measure: a load, put on each contender. */
export interface Case {
  readonly name: string;
  readonly load: Load;
  readonly contenders: readonly Contender[];
  /** Options for the contenders. */
  readonly options?: readonly string[];
}

export interface Sample {
  readonly case: string;
  readonly kind: string;
  readonly node: string | undefined;
  readonly label: string;
  /** Whether this is what the others are compared with: the first contender of its case. */
  readonly isFloor: boolean;
  readonly round: number;
  readonly measurement: Measurement;
}

export interface Samples {
  readonly samples: Sample[];
  /** Measurements that could not be made, each with the reason. */
  readonly failures: string[];
}

/**
 * Measures each case so many times: all contenders of a case in turn, A B C, and then again, A B C, so that a machine whose speed
 * drifts drifts for all. Each contender is started anew for each measurement, and warmed up by the generator.
 *
 * @param progress is told of each measurement
 */
export async function measureInRounds(
  cases: readonly Case[],
  rounds: number,
  generator: Generator,
  progress: (text: string) => void,
): Promise<Samples> {
  const port = await freePort();
  const samples: Sample[] = [];
  const failures: string[] = [];
  const total = cases.reduce((sum, { contenders }) => sum + contenders.length * rounds, 0);
  for (const { name, load, contenders, options = [] } of cases) {
    for (let round = 1; round <= rounds; round++) {
      for (const { kind, node, label, command } of contenders) {
        const what = `${name}, round ${round}: ${label}`;
        const measure = () =>
          withProgram(command(port, ...options), Processor.SERVER, async (program) => {
            await program.listening({ port });
            return generator.measure(load, port, program.pid);
          });
        const measurement = await attempt(what, measure, failures);
        const isFloor = label === contenders[0]?.label;
        if (measurement !== undefined) samples.push({ case: name, kind, node, label, isFloor, round, measurement });
        progress(`${samples.length + failures.length}/${total} ${what}: ${outcome(measurement)}`);
      }
    }
  }
  return { samples, failures };
}

/** How long was measured, for the head of a table. */
export function roundsText({ rounds, generator }: Pick<Bench, 'rounds' | 'generator'>): string {
  return `${rounds} rounds of ${generator.seconds} s, each after ${generator.warmup} s of warm-up.`;
}

/**
 * A measurement. An hour's are not lost for one that fails: it is `undefined` then.
 *
 * @param what names it. @param failures gets what went wrong
 */
export async function attempt<T>(what: string, measure: () => Promise<T>, failures: string[]): Promise<T | undefined> {
  try {
    return await measure();
  } catch (error) {
    failures.push(`${what}: ${(error as Error).message}`);
    return undefined;
  }
}

function outcome(measurement: Measurement | undefined): string {
  if (measurement === undefined) return 'FAILED';
  const { fps, errors } = measurement;
  return `${Math.round(fps)} frames/s${errors > 0 ? `, ${errors} ERRORS` : ''}`;
}
