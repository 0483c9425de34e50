import { type Haproxy, type HaproxyVersion, installHaproxy, startHaproxy } from '@spoa/testing';
import { cpuSeconds, machineSeconds } from '../proc.ts';
import { AgentProcess } from './agent-process.ts';
import { type FrontendOptions, haproxyConfig, spoeConfig } from './configuration.ts';
import type { Contender, Transport } from './contenders.ts';
import { onProcessors, ownCpuSeconds } from './processors.ts';
import type { Load, Wrk } from './wrk.ts';

/** One contender, measured once. */
export interface Measurement extends Load {
  /** Of HAProxy: `3.2.26` */
  readonly version: string;
  readonly connections: number;
  readonly round: number;
  readonly contender: string;
  readonly transport: Transport | undefined;
  /** CPU time of the agent and of HAProxy, in seconds. */
  readonly agentCpu: number;
  readonly haproxyCpu: number;
  /** CPU time that the hypervisor or anything but agent, HAProxy, wrk and this benchmark took: how far to trust the figures. */
  readonly othersCpu: number;
}

export interface Plan {
  readonly contenders: readonly Contender[];
  readonly connections: readonly number[];
  readonly rounds: number;
  readonly seconds: number;
  readonly wrk: Wrk;
  /** For unix sockets. */
  readonly folder: string;
  /** Ends the run. */
  readonly signal: AbortSignal;
  readonly onProgress: (message: string) => void;
}

interface Running {
  readonly contender: Contender;
  readonly agent: AgentProcess | undefined;
  readonly frontend: FrontendOptions;
}

/**
 * Measures all contenders behind one version of HAProxy, A B C A B C. All agents run all the time, each behind a frontend of
 * its own of one HAProxy: those that are not measured have nothing to do.
 */
export async function measureBehind(line: HaproxyVersion, plan: Plan): Promise<Measurement[]> {
  await using started = new Stack();
  const running: Running[] = [];
  for (const [i, contender] of plan.contenders.entries()) {
    plan.signal.throwIfAborted();
    const agent = contender.transport && started.use(await AgentProcess.start(contender, plan.folder));
    running.push({ contender, agent, frontend: { name: `f${i}`, agent: agent?.address } });
  }
  const haproxy = started.use(
    await startPinned(
      line,
      running.map(({ frontend }) => frontend),
      plan,
    ),
  );

  const most = Math.max(...plan.connections);
  plan.onProgress(`HAProxy ${haproxy.version}, warming up`);
  for (const one of running) await measure(haproxy, one, most, 0, plan);
  const measurements: Measurement[] = [];
  for (let round = 1; round <= plan.rounds; round++) {
    for (const connections of plan.connections) {
      plan.onProgress(`HAProxy ${haproxy.version}, round ${round} of ${plan.rounds}, connections: ${connections}`);
      for (const one of running) measurements.push(await measure(haproxy, one, connections, round, plan));
    }
  }
  return measurements;
}

async function startPinned(line: HaproxyVersion, frontends: readonly FrontendOptions[], plan: Plan): Promise<Haproxy> {
  const found = await installHaproxy(line, { onProgress: plan.onProgress });
  const [command, args] = onProcessors([found.command, ...found.args]);
  return await startHaproxy({
    installation: { ...found, command, args },
    config: (context) => haproxyConfig(frontends, context),
    files: { 'spoe.conf': spoeConfig(frontends) },
  });
}

async function measure(
  haproxy: Haproxy,
  { contender, agent, frontend }: Running,
  connections: number,
  round: number,
  { wrk, seconds, signal }: Plan,
): Promise<Measurement> {
  const times = async () => ({
    agent: agent?.cpuSeconds() ?? 0,
    haproxy: cpuSeconds(haproxy.pid),
    own: await ownCpuSeconds(),
    ...machineSeconds(),
  });
  const before = await times();
  const load = await wrk.load(haproxy.port(frontend.name), connections, seconds, signal);
  const after = await times();
  const agentCpu = after.agent - before.agent;
  const haproxyCpu = after.haproxy - before.haproxy;
  const machine = after.busy + after.steal - before.busy - before.steal;
  return {
    version: haproxy.version,
    connections,
    round,
    contender: contender.name,
    transport: contender.transport,
    agentCpu,
    haproxyCpu,
    othersCpu: machine - agentCpu - haproxyCpu - (after.own - before.own),
    ...load,
  };
}

/** Ends what was started, the last first. (Node 20 has no AsyncDisposableStack.) */
class Stack implements AsyncDisposable {
  readonly #disposables: AsyncDisposable[] = [];

  use<T extends AsyncDisposable>(disposable: T): T {
    this.#disposables.push(disposable);
    return disposable;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const disposable of this.#disposables.reverse()) await disposable[Symbol.asyncDispose]();
  }
}
