import { connectEngine, ipv4 } from '@spoa/core';
import type { Bench, Report } from '../bench.ts';
import { type Contender, ourAgent } from '../contenders.ts';
import { freePort, withProgram } from '../processes.ts';
import { table } from '../report/table.ts';
import { groupBy, median } from '../summary.ts';

const RUNS = 10;

interface Start {
  readonly label: string;
  readonly ms: number;
}

/** From the start of a process, on any processor, to its first ACK. */
export async function startSuite(bench: Bench): Promise<Report> {
  const contenders = bench.nodes.flatMap((node) => ['net', 'core', 'framework'].map((kind) => ourAgent(kind, node)));
  const starts: Start[] = [];
  // The first run of each only fills the kernel's file cache.
  for (let run = 0; run <= RUNS; run++) {
    for (const contender of contenders) {
      const ms = await measureStart(contender);
      if (run > 0) starts.push({ label: contender.label, ms });
    }
    if (run > 0) bench.progress(`start to first answer, ${run}/${RUNS}`);
  }
  const rows = [...groupBy(starts, ({ label }) => label)].map(([label, own]) => {
    const times = own.map(({ ms }) => ms);
    return [label, ...[median(times), Math.min(...times), Math.max(...times)].map((ms) => ms.toFixed(0))];
  });
  const intro = `From spawning node on built files to the ACK of the first NOTIFY, ${RUNS} starts of each, in turn:`;
  return {
    markdown: `${intro}\n\n${table(['agent', 'median ms', 'least', 'most'], rows)}`,
    raw: { starts },
    errors: 0,
  };
}

async function measureStart(contender: Contender): Promise<number> {
  const port = await freePort();
  const from = performance.now();
  return withProgram(contender.command(port), undefined, async (agent) => {
    await agent.line();
    await using engine = await connectEngine({ port, host: '127.0.0.1' });
    await engine.notify([{ name: 'get-ip-reputation', args: [['ip', ipv4('192.0.2.1')]] }]);
    return performance.now() - from;
  });
}
