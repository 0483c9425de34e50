import { fileURLToPath } from 'node:url';
import type { LoadResult } from './load/run.ts';
import { Processor, withProgram } from './processes.ts';
import type { Load } from './profiles.ts';

/** What is kept of a measurement, as our generator and `spopload --json` say it. */
const KEYS = [
  ...['frames', 'seconds', 'fps', 'frames_per_cpu_s', 'cpu_us_per_frame', 'latency_us', 'errors', 'error_kinds'],
  ...['server_cpu_s', 'server_peak_rss_kb', 'generator_cpu_s', 'other_cpu_s', 'steal_s'],
] as const satisfies (keyof LoadResult)[];

export type Measurement = Pick<LoadResult, (typeof KEYS)[number]>;

const OURS = fileURLToPath(new URL('./load/main.js', import.meta.url));

/** What plays HAProxy: `spopload`, or a program of ours. */
export class Generator {
  readonly #spopload: string | undefined;
  /** Length of a measurement. */
  readonly seconds: number;
  /** Load before each measurement, in seconds; some loads want more. */
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

  /** Puts a load on the agent at this port, the process with this id. @throws Error when it is stuck */
  measure(load: Load, port: number, pid: number, seconds = this.seconds): Promise<Measurement> {
    const warmup = Math.max(this.warmup, load.warmup ?? 0);
    const options = [
      ...['-c', String(load.connections), '-w', String(load.window), '-p', load.payload],
      ...['-d', String(seconds), '--warmup', String(warmup), '--json', '--server-pid', String(pid)],
      ...option('-m', load.message),
      ...option('--rate', load.rate),
      ...option('--size', load.size),
      ...option('--args', load.args),
      ...option('--capabilities', load.capabilities),
      ...option('--drain', load.drain),
      `127.0.0.1:${port}`,
    ];
    const program = this.#isOurs(load) ? [process.execPath, OURS] : [this.#spopload as string];
    return withProgram([...program, ...options], Processor.GENERATOR, async (generator) => {
      const said = JSON.parse(await generator.line()) as LoadResult;
      // What was counted until then is no measurement, although no answer may be missing in the end.
      if (said.timed_out)
        throw new Error('the agent answered nothing for seconds: it is stuck, or the machine is too busy');
      return Object.fromEntries(KEYS.map((key) => [key, said[key]])) as unknown as Measurement;
    });
  }

  #isOurs(load: Load): boolean {
    return this.#spopload === undefined || load.payload === 'many' || load.drain !== undefined;
  }
}

function option(name: string, value: string | number | undefined): string[] {
  return value === undefined ? [] : [name, String(value)];
}
