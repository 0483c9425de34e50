import { type Agent, createAgent, IpAddress, type NotifyContext } from '@spoa/core';

export function createReputationAgent(scoreOf: (ip: IpAddress, signal: AbortSignal) => Promise<number>): Agent {
  const handler = async (notify: NotifyContext): Promise<void> => {
    const ip = notify.messages.get('get-ip-reputation')?.get('ip');
    if (!(ip instanceof IpAddress)) return;
    const score = await scoreOf(ip, notify.signal);
    if (!notify.settled) notify.setVar('session', 'ip_score', score);
  };
  return createAgent(handler, { maxInFlight: 100, logger: console });
}
