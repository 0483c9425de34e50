import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';

const HELP = `usage: compare --spopload FILE --spopecho FILE [--rounds N] [--seconds S] [--profiles A,B]

Measures our agents against spopecho, the C floor that does no work: in each round every contender is measured once, in
turn, by the load generator spopload, so that a machine whose speed drifts drifts for all. Prints medians as a table in
Markdown. The contender runs on processor 0, the generator on processor 1.

  --rounds N      rounds (5)
  --seconds S     length of one measurement (2)
  --profiles A,B  some of: ${'ip-1x1, ip-1x32, ip-16x32, ip-64x4, waf-three-16x32, waf-all-16x32, big-4x8'}
`;

interface Profile {
  readonly name: string;
  readonly options: readonly string[];
}

const PROFILES: readonly Profile[] = [
  { name: 'ip-1x1', options: ['-w', '1', '-c', '1', '-p', 'ip'] },
  { name: 'ip-1x32', options: ['-w', '1', '-c', '32', '-p', 'ip'] },
  { name: 'ip-16x32', options: ['-w', '16', '-c', '32', '-p', 'ip'] },
  { name: 'ip-64x4', options: ['-w', '64', '-c', '4', '-p', 'ip'] },
  { name: 'waf-three-16x32', options: ['-w', '16', '-c', '32', '-p', 'waf', '-m', 'waf-three'] },
  { name: 'waf-all-16x32', options: ['-w', '16', '-c', '32', '-p', 'waf', '-m', 'waf-all'] },
  { name: 'big-4x8', options: ['-w', '4', '-c', '8', '-p', 'big', '-m', 'big-body'] },
];

/** What one measurement by spopload (`--json`) says; see its README. */
interface Measurement {
  fps: number;
  frames_per_cpu_s: number;
  errors: number;
  latency_us: { p50: number; p99: number };
  other_cpu_s: number;
  steal_s: number;
}

interface Contender {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
}

const run = promisify(execFile);
const agentFile = fileURLToPath(new URL('./agent.js', import.meta.url));

function contenders(spopecho: string, port: number): Contender[] {
  const ours = (kind: string): Contender => ({
    name: kind,
    command: [process.execPath, agentFile, kind, '--port', String(port)],
  });
  return [{ name: 'floor', command: [spopecho, String(port)] }, ours('core'), ours('framework'), ours('async')];
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new Error('no port to be had');
  return address.port;
}

/** Starts a contender and waits until it listens; ends it after `use`. */
async function withContender<T>(contender: Contender, port: number, use: (pid: number) => Promise<T>): Promise<T> {
  const [file, ...args] = contender.command;
  const child = spawn('taskset', ['-c', '0', file, ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
  try {
    await listening(child, port);
    return await use(child.pid as number);
  } finally {
    child.kill('SIGTERM');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }
}

async function listening(child: ChildProcess, port: number): Promise<void> {
  for (let i = 0; i < 400; i++) {
    if (child.exitCode !== null) throw new Error('the contender ended at once');
    const socket = connect(port, '127.0.0.1');
    const connected = await Promise.race([
      once(socket, 'connect').then(() => true),
      once(socket, 'error').then(() => false),
    ]).catch(() => false);
    socket.destroy();
    if (connected) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error('the contender does not listen');
}

async function measure(spopload: string, profile: Profile, port: number, pid: number, seconds: string) {
  const args = ['-c', '1', spopload, ...profile.options, '-d', seconds, '--json', '--server-pid', String(pid)];
  const { stdout } = await run('taskset', [...args, `127.0.0.1:${port}`]);
  return JSON.parse(stdout) as Measurement;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function format(value: number): string {
  if (value >= 1e6) return `${(value / 1e6).toFixed(2)} M`;
  return value >= 1e3 ? `${(value / 1e3).toFixed(1)} k` : value.toFixed(1);
}

async function compare(spopload: string, spopecho: string, rounds: number, seconds: string, names: string[]) {
  const port = await freePort();
  console.log(`Node ${process.version}, medians of ${rounds} rounds of ${seconds} s\n`);
  console.log('| profile | agent | frames/s | frames per CPU s | of the floor | p50 us | p99 us | errors |');
  console.log('|---|---|---|---|---|---|---|---|');
  for (const profile of PROFILES.filter(({ name }) => names.length === 0 || names.includes(name))) {
    const results = new Map<string, Measurement[]>();
    for (let round = 0; round < rounds; round++) {
      for (const contender of contenders(spopecho, port)) {
        const result = await withContender(contender, port, (pid) => measure(spopload, profile, port, pid, seconds));
        results.set(contender.name, [...(results.get(contender.name) ?? []), result]);
      }
    }
    report(profile, results);
  }
}

function report(profile: Profile, results: ReadonlyMap<string, readonly Measurement[]>): void {
  const floor = results.get('floor') ?? [];
  for (const [name, rounds] of results) {
    const of = (pick: (measurement: Measurement) => number): number => median(rounds.map(pick));
    const ratio = median(rounds.map((m, i) => m.frames_per_cpu_s / (floor[i]?.frames_per_cpu_s ?? Number.NaN)));
    const errors = rounds.reduce((sum, m) => sum + m.errors, 0);
    const cells = [
      profile.name,
      name,
      format(of((m) => m.fps)),
      format(of((m) => m.frames_per_cpu_s)),
      ratio.toFixed(2),
      of((m) => m.latency_us.p50).toFixed(0),
      of((m) => m.latency_us.p99).toFixed(0),
      errors,
    ];
    console.log(`| ${cells.join(' | ')} |`);
  }
}

const { values } = parseArgs({
  options: {
    spopload: { type: 'string' },
    spopecho: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
    profiles: { type: 'string', default: '' },
    help: { type: 'boolean', short: 'h' },
  },
});
if (values.help === true) process.stdout.write(HELP);
else if (values.spopload === undefined || values.spopecho === undefined) {
  process.stderr.write(HELP);
  process.exitCode = 2;
} else {
  const names = values.profiles.split(',').filter((name) => name !== '');
  await compare(values.spopload, values.spopecho, Number(values.rounds), values.seconds, names);
}
