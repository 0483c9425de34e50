import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, release, tmpdir, type } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { HAPROXY_VERSIONS, type HaproxyVersion } from '@spoa/testing';
import { commit } from '../environment.ts';
import { json } from '../report/json.ts';
import { contenders } from './contenders.ts';
import { type Measurement, measureBehind } from './measure.ts';
import { summarize, toMarkdown } from './report.ts';
import { Wrk } from './wrk.ts';

const RESULTS = fileURLToPath(new URL('../../results', import.meta.url));

const HELP = `usage: npm run bench:haproxy -- [OPTIONS]

Measures the agents behind real HAProxy: one thread of HAProxy, load by wrk, both and the agent on processors 0 and 1. Every
request asks the agent for the score of its address and is answered by HAProxy itself, with 500 if no score came. All
contenders are measured in turn in each round. Medians go to stdout and results/haproxy.md, everything to results/haproxy.json.

  --rounds N            rounds (5)
  --seconds S           length of one measurement, whole seconds (2)
  --versions A,B        lines of HAProxy (2.6,3.2,3.4), fetched where need be; there are ${HAPROXY_VERSIONS.join(', ')}
  --connections A,B     connections of wrk; 1 shows the latency (64,1)
  --spopecho FILE       the floor: a responder in C that does no work
  --peer NAME=COMMAND   another agent over TCP; {port} in the command is its port. May be given several times
  --results FOLDER      where the results go (${RESULTS})
`;

const OPTIONS = {
  rounds: { type: 'string', default: '5' },
  seconds: { type: 'string', default: '2' },
  versions: { type: 'string', default: '2.6,3.2,3.4' },
  connections: { type: 'string', default: '64,1' },
  spopecho: { type: 'string' },
  peer: { type: 'string', multiple: true },
  results: { type: 'string', default: RESULTS },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

type Values = ReturnType<typeof parse>;

function parse() {
  return parseArgs({ options: OPTIONS }).values;
}

async function benchmark(values: Values, signal: AbortSignal): Promise<void> {
  const plan = {
    contenders: contenders(values.spopecho, values.peer ?? []),
    connections: values.connections.split(',').map((text) => positive('connections', text)),
    rounds: positive('rounds', values.rounds),
    seconds: positive('seconds', values.seconds),
    signal,
    onProgress: (message: string) => console.error(message),
  };
  const lines = values.versions.split(',').map(lineOf);
  const folder = await mkdtemp(join(tmpdir(), 'spoa-bench-'));
  const measurements: Measurement[] = [];
  try {
    const wrk = await Wrk.open(folder);
    for (const line of lines) measurements.push(...(await measureBehind(line, { ...plan, wrk, folder })));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  await publish(measurements, plan, values.results);
}

function positive(option: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${option} ${text}: should be a whole number from 1 on`);
  return value;
}

function lineOf(text: string): HaproxyVersion {
  const line = HAPROXY_VERSIONS.find((one) => one === text);
  if (line === undefined) throw new Error(`--versions ${text}: there are ${HAPROXY_VERSIONS.join(', ')}`);
  return line;
}

async function publish(
  measurements: readonly Measurement[],
  { rounds, seconds }: { rounds: number; seconds: number },
  folder: string,
): Promise<void> {
  const machine = {
    date: `${new Date().toISOString().slice(0, 16)} UTC`,
    commit: await commit(),
    processors: `${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}`,
    system: `${type()} ${release().split('-')[0]} ${process.arch}`,
    node: process.version,
  };
  const { date, processors, system, node } = machine;
  const summaries = summarize(measurements);
  const markdown = `${date}, commit ${machine.commit}; ${processors}, ${system}; Node ${node};
HAProxy, agent and wrk on two processors; ${rounds} rounds of ${seconds} s, medians; floor: over TCP, also for unix sockets.
Disturbance is the largest share of a processor that other programs or the hypervisor took.

${toMarkdown(summaries)}`;
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'haproxy.md'), markdown);
  const all = { ...machine, rounds, seconds, summaries, measurements };
  await writeFile(join(folder, 'haproxy.json'), json(all));
  process.stdout.write(markdown);
}

const interrupted = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => interrupted.abort());

try {
  const values = parse();
  if (values.help) process.stdout.write(HELP);
  else await benchmark(values, interrupted.signal);
} catch (error) {
  console.error(
    interrupted.signal.aborted ? 'ended' : `bench:haproxy: ${error instanceof Error ? error.message : error}`,
  );
  process.exitCode = interrupted.signal.aborted ? 130 : 1;
}
