import { type Agent, connectEngine, healthcheck, ipv4 } from '@spoa/core';

/** What an agent that listens answers to HAProxy of either era. */
export async function scores(agent: Agent): Promise<unknown[]> {
  const [address] = agent.addresses;
  if (address === undefined || !('port' in address)) throw new Error('the agent listens on no port');
  const target = { host: address.address, port: address.port };
  await healthcheck(target);
  const answers: unknown[] = [];
  for (const capabilities of [['pipelining'], ['pipelining', 'async']]) {
    await using engine = await connectEngine(target, { capabilities });
    const ask = { name: 'get-ip-reputation', args: [['ip', ipv4('192.0.2.1')]] } as const;
    const acks = await Promise.all([engine.notify([ask]), engine.notify([ask, { name: 'other', args: [] }])]);
    answers.push(...acks.map((ack) => ack.get('session', 'ip_score')));
    if (engine.violations.length > 0) throw engine.violations[0];
  }
  return answers;
}
