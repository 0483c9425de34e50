import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Arg, IpAddress, SetVar, SpoeMessage } from '@spoa/framework';
import { describeMessages, generate, type HaproxyVersion } from '@spoa/framework/haproxy';

@SpoeMessage('get-ip-reputation', { event: 'on-frontend-http-request', if: '{ path_beg /api }' })
export class IpReputationController {
  @SetVar('ip_score', { scope: 'session' })
  handle(@Arg('ip', { sample: 'src' }) ip: IpAddress): number {
    return ip.toString().startsWith('10.') ? 100 : 50;
  }
}

export async function writeConfiguration(version: HaproxyVersion, folder: string): Promise<void> {
  const { files } = generate(
    {
      engine: 'ip-reputation',
      variablePrefix: 'iprep',
      messages: describeMessages([IpReputationController]),
      servers: [
        { host: '127.0.0.1', port: 12345 },
        { path: '/run/ip-reputation/worker2.sock' },
        { host: '10.0.0.7', port: 12345, tls: { caFile: '/etc/haproxy/agents.pem', serverName: 'agent.internal' } },
      ],
    },
    version,
  );
  await mkdir(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
}
