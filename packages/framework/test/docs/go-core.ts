import { type Agent, createAgent, IpAddress, type NotifyContext } from '@spoa/core';

export function handler(notify: NotifyContext): void {
  const message = notify.messages.get('get-ip-reputation');
  if (message === undefined) return;
  const ip = message.get('ip');
  if (!(ip instanceof IpAddress)) return;
  notify.setVar('session', 'ip_score', Math.floor(Math.random() * 100));
}

export async function main(port = 3000): Promise<Agent> {
  const agent = createAgent(handler, { logger: console });
  await agent.listen({ host: '127.0.0.1', port });
  return agent;
}
