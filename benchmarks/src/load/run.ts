import { setTimeout as delay } from 'node:timers/promises';
import { cpuSeconds, machineSeconds, rssKb } from '../proc.ts';
import { FAULTS } from './check-ack.ts';
import type { LoadTarget } from './connection.ts';
import { Lane, Tally } from './lane.ts';
import { NotifyBatch } from './notify-batch.ts';
import { makePayload, type PayloadName } from './payload.ts';

export interface LoadOptions {
  readonly target: LoadTarget;
  readonly connections: number;
  /** NOTIFYs unanswered on each connection, at most. */
  readonly window: number;
  readonly seconds: number;
  /** Load before the measurement, in seconds. */
  readonly warmup: number;
  /** For the last answers to come when the measurement is over, and for the agent to close then, in seconds. */
  readonly drain: number;
  /** An open loop: so many NOTIFYs a second over all connections. 0: a new NOTIFY for each ACK. */
  readonly rate: number;
  readonly payload: PayloadName;
  readonly message: string;
  /** Bytes of the body of payload `big`. */
  readonly size: number;
  /** Arguments of payload `many`. */
  readonly args: number;
  readonly capabilities: readonly string[];
  /** Whose CPU time and memory is measured. */
  readonly serverPid?: number | undefined;
}

/** What a run says: the keys that the suite reads, named as `spopload --json` names them. */
export interface LoadResult {
  readonly connections: number;
  readonly window_used: number;
  readonly notify_bytes: number;
  readonly seconds: number;
  readonly frames: number;
  readonly fps: number;
  readonly latency_us: Readonly<Record<'mean' | 'p50' | 'p90' | 'p99' | 'p99_9' | 'max', number>>;
  readonly errors: number;
  readonly error_kinds: Readonly<Record<string, number>>;
  readonly timed_out: boolean;
  readonly server_cpu_s: number;
  readonly frames_per_cpu_s: number;
  readonly cpu_us_per_frame: number;
  readonly server_peak_rss_kb: number;
  readonly generator_cpu_s: number;
  /** What the rest of the machine used meanwhile, and the hypervisor took: where they are not near 0, distrust the run. */
  readonly other_cpu_s: number;
  readonly steal_s: number;
}

/** Connections that are made at a time: a listener's backlog is short. */
const CONNECTING = 100;
/** Patience with an agent that does not answer, in milliseconds. */
const PATIENCE_MS = 5000;

/** Plays HAProxy to an agent, and checks every answer. */
export async function runLoad(options: LoadOptions): Promise<LoadResult> {
  const payload = makePayload(options.payload, options.message, options);
  const batch = new NotifyBatch(payload, options.window);
  const tally = new Tally();
  const lanes = await connectAll(options, batch, tally);
  const stop = options.rate > 0 ? openLoop(lanes, options.rate) : closedLoop(lanes, tally);
  const watch = watchProgress(tally);
  await Promise.race([delay(options.warmup * 1000), watch.stuck]);
  tally.latency.reset();
  const ackedBefore = tally.acked;
  const before = usage(options.serverPid);
  await Promise.race([delay(options.seconds * 1000), watch.stuck]);
  const after = usage(options.serverPid);
  const frames = tally.acked - ackedBefore;
  const latency_us = latencies(tally);
  const window_used = lanes.some(({ connection }) => connection.pipelining) ? options.window : 1;
  const timed_out = watch.end();
  stop();
  await drain(lanes, tally, options.drain * 1000);
  const error_kinds = Object.fromEntries(FAULTS.map((fault) => [fault, tally.faults.get(fault) ?? 0]));
  const seconds = (after.atMs - before.atMs) / 1000;
  const cpu = after.server - before.server;
  const own = after.own - before.own;
  return {
    connections: options.connections,
    window_used,
    notify_bytes: batch.frameSize,
    seconds,
    frames,
    fps: frames / seconds,
    latency_us,
    errors: [...tally.faults.values()].reduce((sum, count) => sum + count, 0),
    error_kinds,
    timed_out,
    server_cpu_s: cpu,
    frames_per_cpu_s: cpu > 0 ? frames / cpu : 0,
    cpu_us_per_frame: frames > 0 ? (cpu * 1e6) / frames : 0,
    server_peak_rss_kb: options.serverPid === undefined ? 0 : rssKb(options.serverPid, 'VmHWM'),
    generator_cpu_s: own,
    other_cpu_s: after.busy - before.busy - cpu - own,
    steal_s: after.steal - before.steal,
  };
}

async function connectAll(options: LoadOptions, batch: NotifyBatch, tally: Tally): Promise<Lane[]> {
  const { target, capabilities, connections: of, window } = options;
  const lanes: Lane[] = [];
  while (lanes.length < of) {
    const first = lanes.length;
    for (let number = first; number < Math.min(of, first + CONNECTING); number++) {
      lanes.push(new Lane(target, capabilities, { number, of, window }, batch, tally));
    }
    const greeted = Promise.all(lanes.slice(first).map((lane) => lane.greeted)).then(() => true);
    // A connection whose HELLO never comes is counted when it is closed.
    const late = delay(PATIENCE_MS, false, { ref: false });
    if (!(await Promise.race([greeted, late]))) for (const { connection } of lanes) connection.socket.destroy();
    await greeted;
  }
  return lanes;
}

function closedLoop(lanes: readonly Lane[], tally: Tally): () => void {
  tally.refills = true;
  for (const lane of lanes) lane.fill();
  return () => {
    tally.refills = false;
  };
}

/** NOTIFY i is due at i / rate, and its latency counts from then, on the lane whose turn it is or the next one with room. */
function openLoop(lanes: readonly Lane[], rate: number): () => void {
  const intervalMs = 1000 / rate;
  const begin = performance.now();
  let started = 0;
  let next = 0;
  let running = true;
  const turn = (): void => {
    if (!running) return;
    const due = Math.floor((performance.now() - begin) / intervalMs) + 1;
    for (let tried = 0; started < due && tried < lanes.length; ) {
      const sent = (lanes[next] as Lane).send(1, begin + started * intervalMs);
      next = (next + 1) % lanes.length;
      started += sent;
      tried = sent > 0 ? 0 : tried + 1;
    }
    setImmediate(turn);
  };
  turn();
  return () => {
    running = false;
  };
}

/** Notices an agent that answers nothing any more, or has closed every connection. */
function watchProgress(tally: Tally): { stuck: Promise<void>; end: () => boolean } {
  let isStuck = false;
  let acked = -1;
  let since = 0;
  let timer: NodeJS.Timeout | undefined;
  const stuck = new Promise<void>((resolve) => {
    timer = setInterval(() => {
      if (tally.acked !== acked) since = performance.now();
      acked = tally.acked;
      if (tally.open > 0 && performance.now() - since < PATIENCE_MS) return;
      isStuck = true;
      resolve();
    }, 100);
  });
  const end = (): boolean => {
    clearInterval(timer);
    return isStuck;
  };
  return { stuck, end };
}

async function drain(lanes: readonly Lane[], tally: Tally, patienceMs: number): Promise<void> {
  await waitFor(() => tally.unanswered === 0, patienceMs);
  for (const lane of lanes) lane.leave();
  await waitFor(() => tally.open === 0, patienceMs);
  for (const { connection } of lanes) connection.socket.destroy();
}

async function waitFor(condition: () => boolean, patienceMs: number): Promise<void> {
  const end = performance.now() + patienceMs;
  while (!condition() && performance.now() < end) await delay(5);
}

function latencies({ latency }: Tally): LoadResult['latency_us'] {
  const us = (ms: number): number => Math.round(ms * 10_000) / 10;
  return {
    mean: us(latency.meanMs),
    p50: us(latency.quantileMs(0.5)),
    p90: us(latency.quantileMs(0.9)),
    p99: us(latency.quantileMs(0.99)),
    p99_9: us(latency.quantileMs(0.999)),
    max: us(latency.maxMs),
  };
}

interface Usage {
  atMs: number;
  server: number;
  own: number;
  busy: number;
  steal: number;
}

function usage(serverPid: number | undefined): Usage {
  const server = serverPid === undefined ? 0 : cpuSeconds(serverPid);
  return { atMs: performance.now(), server, own: cpuSeconds(process.pid), ...machineSeconds() };
}
