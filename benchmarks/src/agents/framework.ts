import { type Class, type DefinedMessage, defineMessage, type ListenTarget, SpoaApplication } from '@spoa/framework';
import { ASYNC_CONTROLLERS, CONTROLLERS, Scores, TIMERS_CONTROLLERS } from '../controllers.ts';
import type { AgentSettings, RunningAgent } from './kind.ts';

const KINDS: Readonly<Record<string, readonly Class[]>> = {
  framework: CONTROLLERS,
  async: ASYNC_CONTROLLERS,
  timers: TIMERS_CONTROLLERS,
};

/** @param kind `framework`, `async` or `timers` */
export async function start(kind: string, target: ListenTarget, settings: AgentSettings): Promise<RunningAgent> {
  const asked = KINDS[kind] ?? CONTROLLERS;
  const others = Array.from({ length: Math.max(0, settings.controllers - asked.length) }, (_, i) => unasked(i));
  const middle = others.length >> 1;
  const controllers = [...others.slice(0, middle), ...asked, ...others.slice(middle)];
  const app = await SpoaApplication.create({ controllers, providers: [Scores], logger: { level: 'warn' } });
  const address = await app.listen(target);
  const port = 'port' in address ? address.port : undefined;
  const scores = app.get(Scores);
  return { port, close: () => app.close(), peakInFlight: () => scores.peakInFlight };
}

/** A message like the others that nobody sends. */
function unasked(number: number): DefinedMessage {
  return defineMessage({
    name: `message-${number}`,
    args: { ip: 'ip' },
    vars: { ip_score: 'session' },
    handle: ({ ip }) => ({ ip_score: ip.w0 & 127 }),
  });
}
