import { parseArgs } from 'node:util';
import { codecSubjects } from './codec.ts';
import { dispatchSubjects } from './dispatch.ts';
import { measure, type Timing } from './measurement.ts';

const HELP = `usage: npm run bench:micro -- [--filter TEXT] [--json] [--milliseconds N]

Times the parts that a frame passes through, in nanoseconds each: reading and writing varints and typed data, splitting frames,
indexing and decoding NOTIFYs, encoding ACKs, and the whole way through an agent in process, for a bare handler of @spoa/core,
sync controllers, the same with a guard, an interceptor and a pipe, and async ones.

  --filter TEXT      only what has TEXT in its name
  --json             JSON instead of a table; npm run --silent bench:micro leaves out npm's own lines
  --milliseconds N   how long each is measured (200)
  --help

Compare runs of one machine only, as idle as can be; min and median bear other load best.
`;

const { values } = parseArgs({
  options: {
    filter: { type: 'string', default: '' },
    json: { type: 'boolean', default: false },
    milliseconds: { type: 'string', default: '200' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

function formatTable(timings: readonly Timing[]): string {
  const width = Math.max(...timings.map(({ name }) => name.length));
  const head = `${'ns'.padEnd(width)} ${['min', 'median', 'p99', '+-'].map((title) => title.padStart(10)).join('')}`;
  const lines = timings.map(({ name, min, median, p99, marginPercent }) => {
    const cells = [min.toFixed(1), median.toFixed(1), p99.toFixed(1), `${marginPercent.toFixed(1)} %`];
    return `${name.padEnd(width)} ${cells.map((cell) => cell.padStart(10)).join('')}`;
  });
  return [head, ...lines].join('\n');
}

async function run(filter: string, milliseconds: number): Promise<void> {
  const isWanted = (name: string): boolean => name.includes(filter);
  const subjects = [...codecSubjects().filter(({ name }) => isWanted(name)), ...(await dispatchSubjects(isWanted))];
  if (subjects.length === 0) throw new Error(`nothing has "${filter}" in its name`);
  const timings = await measure(subjects, milliseconds);
  const { version, arch, platform } = process;
  if (values.json) console.log(JSON.stringify({ node: version, platform, arch, unit: 'ns', timings }, null, 2));
  else console.log(`Node ${version}\n\n${formatTable(timings)}`);
}

const milliseconds = Number(values.milliseconds);
if (values.help) process.stdout.write(HELP);
else if (!(milliseconds > 0)) {
  process.stderr.write(HELP);
  process.exitCode = 2;
} else await run(values.filter, milliseconds);
