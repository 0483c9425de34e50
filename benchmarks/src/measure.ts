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
  readonly round: number;
  readonly measurement: Measurement;
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
): Promise<Sample[]> {
  const port = await freePort();
  const samples: Sample[] = [];
  const total = cases.reduce((sum, { contenders }) => sum + contenders.length * rounds, 0);
  for (const { name, load, contenders, options = [] } of cases) {
    for (let round = 1; round <= rounds; round++) {
      for (const { kind, node, label, command } of contenders) {
        const measurement = await withProgram(command(port, ...options), Processor.SERVER, async (program) => {
          await program.listening(port);
          return generator.measure(load, port, program.pid);
        });
        samples.push({ case: name, kind, node, label, round, measurement });
        const { fps, errors } = measurement;
        const faults = errors > 0 ? `, ${errors} ERRORS` : '';
        progress(`${samples.length}/${total} ${name}, round ${round}: ${label}: ${Math.round(fps)} frames/s${faults}`);
      }
    }
  }
  return samples;
}
