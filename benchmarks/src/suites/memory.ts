import { setTimeout as delay } from 'node:timers/promises';
import { statisticsOf } from '../agent-statistics.ts';
import type { Bench, Report } from '../bench.ts';
import { type Contender, ourAgent } from '../contenders.ts';
import { Lane, Tally } from '../load/lane.ts';
import { NotifyBatch } from '../load/notify-batch.ts';
import { makePayload } from '../load/payload.ts';
import { freePort, Processor, type Program, withProgram } from '../processes.ts';
import { decimal, table } from '../report/table.ts';

const CONNECTIONS = 1000;
/** A listener's backlog is short. */
const AT_A_TIME = 100;
const WINDOW = 16;
const WARMUP_MS = 1000;

interface Memory {
  readonly label: string;
  /** Bytes for each idle connection: of the whole process, and of what V8 knows of. */
  readonly rss: number;
  readonly heap: number;
  /** Of the process with all of them, in bytes. */
  readonly totalRss: number;
}

/** What a connection costs that has had one NOTIFY answered and is idle since. */
export async function memorySuite(bench: Bench): Promise<Report> {
  const contenders = bench.nodes.flatMap((node) => {
    return ['net', 'core', 'framework'].map((kind) => ourAgent(kind, node, ['--expose-gc']));
  });
  const results: Memory[] = [];
  let errors = 0;
  for (const contender of contenders) {
    const port = await freePort();
    const command = contender.command(port, '--stats');
    await withProgram(command, Processor.SERVER, async (program) => {
      await program.line();
      const { memory, faults } = await measureMemory(contender, program, port);
      errors += faults;
      results.push(memory);
      bench.progress(`${contender.label}: ${decimal(memory.rss / 1024)} KiB for each idle connection`);
    });
  }
  const rows = results.map(({ label, rss, heap, totalRss }) => {
    return [label, decimal(rss / 1024), decimal(heap / 1024), (totalRss / 1024 ** 2).toFixed(0)];
  });
  const intro = `Memory for each of ${CONNECTIONS} idle connections, after a full garbage collection before and after:`;
  const head = ['agent', 'KiB of RSS', 'KiB of heap and buffers', 'RSS of the process, MB'];
  return { markdown: `${intro}\n\n${table(head, rows)}`, raw: { connections: CONNECTIONS, results }, errors };
}

async function measureMemory({ label }: Contender, agent: Program, port: number) {
  const payload = makePayload('ip', 'get-ip-reputation', { size: 0, args: 1 });
  const batch = new NotifyBatch(payload, WINDOW);
  const tally = new Tally();
  const lanes: Lane[] = [];
  const connectMore = async (): Promise<void> => {
    const of = AT_A_TIME + CONNECTIONS;
    const more = Array.from({ length: AT_A_TIME }, (_, i) => {
      const lane = { number: lanes.length + i, of, window: WINDOW };
      return new Lane({ host: '127.0.0.1', port }, ['pipelining'], lane, batch, tally);
    });
    lanes.push(...more);
    await Promise.all(more.map(({ greeted }) => greeted));
    for (const lane of more) lane.send(1, performance.now());
    await answered(tally);
  };
  // Load on the first ones brings the agent to its working size: that is no connection's cost.
  await connectMore();
  tally.refills = true;
  for (const lane of lanes) lane.fill();
  await delay(WARMUP_MS);
  tally.refills = false;
  await answered(tally);
  const before = await statisticsOf(agent);
  while (lanes.length < AT_A_TIME + CONNECTIONS) await connectMore();
  const after = await statisticsOf(agent);
  for (const lane of lanes) lane.leave();
  while (tally.open > 0) await delay(5);
  const memory: Memory = {
    label,
    rss: (after.rss - before.rss) / CONNECTIONS,
    heap: (after.heapUsed + after.external - before.heapUsed - before.external) / CONNECTIONS,
    totalRss: after.rss,
  };
  return { memory, faults: [...tally.faults.values()].reduce((sum, count) => sum + count, 0) };
}

async function answered(tally: Tally): Promise<void> {
  while (tally.unanswered > 0) await delay(5);
}
