import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { onProcessors } from './processors.ts';

/** What wrk saw in one measurement. */
export interface Load {
  readonly requests: number;
  readonly seconds: number;
  /** Of a response, in microseconds. */
  readonly p50: number;
  readonly p99: number;
  /** Responses of status 400 and above. */
  readonly failed: number;
  readonly socketErrors: number;
}

// wrk prints percentiles rounded and with changing units: its script interface has them in microseconds.
const SCRIPT = `
done = function(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format('{"requests":%d,"seconds":%f,"p50":%d,"p99":%d,"failed":%d,"socketErrors":%d}\\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50), latency:percentile(99),
    errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
`;

const run = promisify(execFile);

/** The load generator. */
export class Wrk {
  readonly #script: string;

  private constructor(script: string) {
    this.#script = script;
  }

  /** @param folder where its script is put */
  static async open(folder: string): Promise<Wrk> {
    const found = await run('wrk', ['--version']).catch((error) => error as { code?: unknown });
    if ('code' in found && found.code === 'ENOENT') {
      throw new Error('wrk, the load generator, is not on PATH. Remedy: apt-get install wrk');
    }
    const script = join(folder, 'report.lua');
    await writeFile(script, SCRIPT);
    return new Wrk(script);
  }

  /** Keeps `connections` requests going for some seconds, each on a connection of its own that stays open. */
  async load(port: number, connections: number, seconds: number, signal: AbortSignal): Promise<Load> {
    const wrk = ['wrk', '-t1', `-c${connections}`, `-d${seconds}s`, '-s', this.#script, `http://127.0.0.1:${port}/`];
    const [file, args] = onProcessors(wrk);
    const { stdout } = await run(file, args, { signal });
    const line = stdout.split('\n').find((text) => text.startsWith('{'));
    if (line === undefined) throw new Error(`wrk reports nothing:\n${stdout}`);
    return JSON.parse(line) as Load;
  }
}
