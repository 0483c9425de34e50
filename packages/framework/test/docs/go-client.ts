import { connectEngine, healthcheck, ipv4 } from '@spoa/core';

/** What the client of the Go library does, and with arguments. */
export async function score(port: number): Promise<unknown> {
  await healthcheck({ port });
  await using engine = await connectEngine({ port });
  const ack = await engine.notify([{ name: 'get-ip-reputation', args: [['ip', ipv4('192.0.2.1')]] }]);
  return ack.get('session', 'ip_score');
}
