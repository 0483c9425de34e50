import { execFile } from 'node:child_process';
import { cpus, release, totalmem, type } from 'node:os';
import { promisify } from 'node:util';
import type { Bench } from './bench.ts';
import { isPinned } from './processes.ts';
import { PROFILES } from './profiles.ts';

/** What must be known of a run to read its numbers. No names of machines. */
export interface Environment {
  /** ISO 8601, UTC. */
  readonly date: string;
  /** Of the repository, with `+` where files differ from it. */
  readonly commit: string;
  readonly processors: string;
  readonly memoryGb: number;
  readonly system: string;
  readonly nodes: readonly string[];
  readonly generator: string;
  readonly floor: string;
  readonly rounds: number;
  readonly seconds: number;
  readonly warmup: number;
  /** Whether server and generator had a processor each. */
  readonly pinned: boolean;
}

export async function describeEnvironment(bench: Bench): Promise<Environment> {
  const [load] = PROFILES.map((profile) => profile.load);
  return {
    date: new Date().toISOString().slice(0, 16),
    commit: await commit(),
    processors: `${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}`,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release().split('-')[0]} ${process.arch}`,
    nodes: bench.nodes.map(({ version }) => version),
    generator: load === undefined ? '' : bench.generator.nameFor(load),
    floor: bench.spopecho === undefined ? `net (node:net on Node ${bench.nodes[0]?.version})` : 'spopecho (C)',
    rounds: bench.rounds,
    seconds: bench.generator.seconds,
    warmup: bench.generator.warmup,
    pinned: isPinned,
  };
}

/** Of the repository, with `+` where files differ from it. */
export async function commit(): Promise<string> {
  const git = async (...args: string[]): Promise<string> => (await promisify(execFile)('git', args)).stdout.trim();
  try {
    const changed = await git('status', '--porcelain', '--untracked-files=no');
    return (await git('rev-parse', '--short', 'HEAD')) + (changed === '' ? '' : '+');
  } catch {
    return 'unknown';
  }
}

/** One paragraph for the head of a report. */
export function environmentText(env: Environment): string {
  const where = env.pinned
    ? 'the agent on one processor, the generator on another'
    : 'agent and generator on any processor';
  return [
    `${env.date} UTC, commit ${env.commit}; ${env.processors}, ${env.memoryGb} GB, ${env.system}; Node ${env.nodes.join(', ')};`,
    `TCP on loopback, ${where}; load generator: ${env.generator}; floor: ${env.floor}.`,
  ].join('\n');
}
