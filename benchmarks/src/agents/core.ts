import { createAgent, type Handler, IpAddress, type ListenTarget, type Message } from '@spoa/core';
import type { RunningAgent } from './kind.ts';

const WAF_THREE = ['method', 'path', 'ip'];
const WAF_ALL = [
  ...['app', 'id', 'method', 'path', 'query', 'version', 'headers', 'ip', 'src-port', 'dst-port', 'ssl', 'cached'],
  ...['ja3', 'body'],
];

/** What the controllers do, without the framework. */
const handler: Handler = (notify) => {
  const { messages } = notify;
  const reputation = messages.get('get-ip-reputation');
  if (reputation !== undefined) return notify.setVar('session', 'ip_score', weight(reputation.get('ip')) & 127);
  const score =
    sum(messages.get('waf-three'), WAF_THREE) ??
    sum(messages.get('waf-all'), WAF_ALL) ??
    sum(messages.get('big-body'), ['body']);
  if (score !== undefined) notify.setVar('session', 'ip_score', score & 127);
};

function sum(message: Message | undefined, names: readonly string[]): number | undefined {
  return message === undefined ? undefined : names.reduce((total, name) => total + weight(message.get(name)), 0);
}

function weight(value: unknown): number {
  if (typeof value === 'string' || value instanceof Uint8Array) return value.length;
  return value instanceof IpAddress ? value.w0 : Number(value ?? 0);
}

export async function start(_kind: string, target: ListenTarget): Promise<RunningAgent> {
  const agent = createAgent(handler);
  const address = await agent.listen(target);
  return { port: 'port' in address ? address.port : undefined, close: () => agent.close() };
}
