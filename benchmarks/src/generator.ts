import { fileURLToPath } from 'node:url';
import type { LoadResult } from './load/run.ts';
import { Processor, withProgram } from './processes.ts';
import type { Load } from './profiles.ts';

/** What one measurement says: the keys that our generator and `spopload --json` have in common. */
export type Measurement = Omit<LoadResult, 'connections' | 'timed_out'>;

const OURS = fileURLToPath(new URL('./load/main.js', import.meta.url));

/** What plays HAProxy: `spopload`, or a program of ours. */
export class Generator {
  readonly #spopload: string | undefined;
  /** Length of a measurement. */
  readonly seconds: number;
  /** Load before each measurement, in seconds. */
  readonly warmup: number;

  /** @param spopload its file. @param seconds length of a measurement */
  constructor(spopload: string | undefined, seconds: number, warmup: number) {
    this.#spopload = spopload;
    this.seconds = seconds;
    this.warmup = warmup;
  }

  /** How tables name it, for a load: `spopload` cannot do all of them. */
  nameFor(load: Load): string {
    return this.#isOurs(load) ? 'ours (benchmarks/src/load)' : 'spopload';
  }

  /** Puts a load on the agent at this port, the process with this id. */
  measure(load: Load, port: number, pid: number, seconds = this.seconds): Promise<Measurement> {
    const options = [
      ...['-c', String(load.connections), '-w', String(load.window), '-p', load.payload],
      ...['-d', String(seconds), '--warmup', String(this.warmup), '--json', '--server-pid', String(pid)],
      ...option('-m', load.message),
      ...option('--rate', load.rate),
      ...option('--size', load.size),
      ...option('--args', load.args),
      `127.0.0.1:${port}`,
    ];
    const program = this.#isOurs(load) ? [process.execPath, OURS] : [this.#spopload as string];
    return withProgram([...program, ...options], Processor.GENERATOR, async (generator) => {
      return JSON.parse(await generator.line()) as Measurement;
    });
  }

  #isOurs(load: Load): boolean {
    return this.#spopload === undefined || load.payload === 'many';
  }
}

function option(name: string, value: string | number | undefined): string[] {
  return value === undefined ? [] : [name, String(value)];
}
