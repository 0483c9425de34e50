import { parseArgs } from 'node:util';
import type { ListenTarget } from '@spoa/core';
import type { AgentSettings, RunningAgent } from './agents/kind.ts';
import { reportStatistics } from './agents/statistics.ts';

const HELP = `usage: agent core|framework|async|timers|net --port P | --path FILE [--controllers N] [--stats]

Starts one agent, alone in its process, for a load generator to be pointed at. SIGINT or SIGTERM ends it.

  core       a bare handler of @spoa/core
  framework  controllers of @spoa/framework
  async      the same by async handlers that resolve at once
  timers     the same, get-ip-reputation by an async handler that awaits a timer of 1 ms
  net        no agent at all: answers each NOTIFY unread, the least that node:net can do

Messages: get-ip-reputation (argument ip), waf-three and waf-all (three and all of the generator's profile waf),
big-body (argument body). Each sets ip_score in the session scope.

  --controllers N  so many messages are known, those above among them; not for core and net (4)
  --stats          one line of JSON on SIGUSR2 and at the end: memory, and garbage collection since the line before
`;

type Start = (kind: string, target: ListenTarget, settings: AgentSettings) => Promise<RunningAgent>;

/** Each loads no more than it needs: how quickly an agent starts is measured too. */
const KINDS: Readonly<Record<string, () => Promise<{ start: Start }>>> = {
  core: () => import('./agents/core.ts'),
  framework: () => import('./agents/framework.ts'),
  async: () => import('./agents/framework.ts'),
  timers: () => import('./agents/framework.ts'),
  net: () => import('./agents/net.ts'),
};

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    port: { type: 'string' },
    path: { type: 'string' },
    controllers: { type: 'string' },
    stats: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h' },
  },
});
const [kind = ''] = positionals;
const load = KINDS[kind];
const port = Number(values.port);
const controllers = Number(values.controllers ?? 4);
const hasOneTarget = Number.isInteger(port) !== (values.path !== undefined);
const hasControllers = kind !== 'core' && kind !== 'net';

if (values.help === true) process.stdout.write(HELP);
else if (load === undefined || !hasOneTarget || (values.controllers !== undefined && !hasControllers)) {
  process.stderr.write(HELP);
  process.exitCode = 2;
} else {
  const target = values.path === undefined ? { port, host: '127.0.0.1' } : { path: values.path };
  const { start } = await load();
  const agent = await start(kind, target, { controllers });
  const finish = values.stats ? reportStatistics(agent) : () => undefined;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void agent.close().then(finish));
  console.log(`${kind} agent on Node ${process.version} listens on ${values.path ?? `127.0.0.1:${agent.port}`}`);
}
