import { parseArgs } from 'node:util';
import { createAgent, type Handler, IpAddress, type ListenTarget } from '@spoa/core';
import { SpoaApplication } from '@spoa/framework';
import { ASYNC_CONTROLLERS, CONTROLLERS, Scores } from './controllers.ts';

const HELP = `usage: agent core|framework|async --port P | --path FILE

Starts one agent, alone in its process, for a load generator to be pointed at.

  core       a bare handler of @spoa/core
  framework  controllers of @spoa/framework
  async      the same, get-ip-reputation by an async handler that resolves at once

Messages: get-ip-reputation (argument ip), waf-three and waf-all (three and all of the generator's profile waf),
big-body (argument body). Each sets ip_score in the session scope.
`;

/** What the controllers do, without the framework. */
const bareHandler: Handler = (notify) => {
  const message = notify.messages.at(0);
  const ip = message?.get('ip');
  if (ip instanceof IpAddress) notify.setVar('session', 'ip_score', ip.w0 & 127);
  else notify.setVar('session', 'ip_score', (message?.length ?? 0) & 127);
};

async function start(kind: string, target: ListenTarget, shown: string): Promise<void> {
  if (kind === 'core') {
    const agent = createAgent(bareHandler);
    await agent.listen(target);
    stopOnSignal(() => agent.close());
  } else {
    const controllers = kind === 'async' ? ASYNC_CONTROLLERS : CONTROLLERS;
    const app = await SpoaApplication.create({ controllers, providers: [Scores], logger: { level: 'warn' } });
    await app.listen(target);
    stopOnSignal(() => app.close());
  }
  console.log(`${kind} agent on Node ${process.version} listens on ${shown}`);
}

function stopOnSignal(close: () => Promise<void>): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void close());
}

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { port: { type: 'string' }, path: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
});
const [kind = ''] = positionals;
const port = Number(values.port);
if (values.help === true) process.stdout.write(HELP);
else if (!['core', 'framework', 'async'].includes(kind) || Number.isInteger(port) === (values.path !== undefined)) {
  process.stderr.write(HELP);
  process.exitCode = 2;
} else if (values.path !== undefined) await start(kind, { path: values.path }, values.path);
else await start(kind, { port }, `127.0.0.1:${port}`);
