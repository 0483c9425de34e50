import { statisticsOf } from '../agent-statistics.ts';
import type { Bench, Report } from '../bench.ts';
import { type Contender, ourAgent } from '../contenders.ts';
import type { Measurement } from '../generator.ts';
import { attempt } from '../measure.ts';
import { rssKb } from '../proc.ts';
import { freePort, Processor, withProgram } from '../processes.ts';
import type { Load } from '../profiles.ts';
import { disturbanceOf, disturbanceText } from '../report/disturbance.ts';
import { count, decimal, table } from '../report/table.ts';
import { median } from '../summary.ts';

/**
 * 100,000 NOTIFYs, on each connection fewer than an agent takes (`maxInFlight`). HAProxy up to 3.0, which announces `async`, is the
 * one that may have more than 20 on a connection: to a newer one their ACKs would leave slowly, see docs/haproxy-buffer.md.
 */
const LOAD: Load = { payload: 'ip', window: 400, connections: 250, capabilities: 'pipelining,async', drain: 30 };
const SAMPLE_MS = 100;

interface InFlight {
  readonly label: string;
  readonly peakInFlight: number;
  readonly peakRssMb: number;
  /** Bytes of RSS for each frame. */
  readonly growth: number;
  readonly measurement: Measurement;
  /** From the start of the agent on, every {@link SAMPLE_MS}, in bytes. */
  readonly rss: readonly number[];
}

/** Handlers that await a timer of 1 ms, very many at a time, and whether memory grows while they do. */
export async function inFlightSuite(bench: Bench): Promise<Report> {
  const results: InFlight[] = [];
  const failures: string[] = [];
  for (const node of bench.nodes) {
    const contender = ourAgent('timers', node);
    const result = await attempt(contender.label, () => measureInFlight(bench, contender), failures);
    if (result !== undefined) results.push(result);
    const said = result && `${result.peakInFlight} handlers at a time, ${result.growth.toFixed(3)} bytes a frame`;
    bench.progress(`${contender.label}: ${said ?? 'FAILED'}`);
  }
  const rows = results.map(({ label, peakInFlight, measurement, peakRssMb, growth }) => [
    ...[label, count(peakInFlight), count(measurement.fps), decimal(measurement.latency_us.p50 / 1000)],
    ...[decimal(measurement.latency_us.p99 / 1000), peakRssMb.toFixed(0), growth.toFixed(3), measurement.errors],
  ]);
  const head = [
    'agent',
    'handlers at a time',
    'frames/s',
    'p50 ms',
    'p99 ms',
    'peak RSS MB',
    'bytes a frame',
    'errors',
  ];
  const intro = [
    `${LOAD.window * LOAD.connections} NOTIFYs unanswered for ${bench.longSeconds} s (window ${LOAD.window} x ${LOAD.connections} connections), after`,
    `${bench.generator.warmup} s of warm-up, each in a handler that awaits a timer of 1 ms. "Bytes a frame" is how much more RSS the`,
    `process has in the last third than in the middle one, for each frame between. Generator: ${bench.generator.nameFor(LOAD)}.`,
  ].join('\n');
  const disturbances = disturbanceText(results.map(({ measurement }) => disturbanceOf(measurement)));
  return {
    markdown: [intro, table(head, rows), disturbances, ...failures].join('\n\n'),
    raw: { load: LOAD, results, failures },
    errors: results.reduce((sum, { measurement }) => sum + measurement.errors, failures.length),
  };
}

async function measureInFlight(bench: Bench, contender: Contender): Promise<InFlight> {
  const port = await freePort();
  return withProgram(contender.command(port, '--stats'), Processor.SERVER, async (agent) => {
    await agent.line();
    const rss: number[] = [];
    const timer = setInterval(() => {
      try {
        rss.push(rssKb(agent.pid, 'VmRSS') * 1024);
      } catch {
        // It has died, as the generator will tell.
      }
    }, SAMPLE_MS);
    const measurement = await bench.generator
      .measure(LOAD, port, agent.pid, bench.longSeconds)
      .finally(() => clearInterval(timer));
    const { peakInFlight } = await statisticsOf(agent);
    const third = Math.floor((bench.longSeconds * 1000) / SAMPLE_MS / 3);
    const grown = median(rss.slice(-third)) - median(rss.slice(-2 * third, -third));
    const growth = grown / (measurement.frames / 3);
    return {
      label: contender.label,
      peakInFlight,
      peakRssMb: measurement.server_peak_rss_kb / 1024,
      growth,
      measurement,
      rss,
    };
  });
}
