import type { ListenAddress } from '@spoa/framework';
import { type Haproxy, type HaproxyVersion, showOnFailure, startHaproxy } from '@spoa/testing';
import { onTestFailed } from 'vitest';
import { haproxyFiles } from '../../src/haproxy-files.ts';

/** A real HAProxy with the files that lie beside the application, on a port of its own. */
export async function startFront(version: HaproxyVersion, agent: ListenAddress | undefined): Promise<Haproxy> {
  if (agent === undefined || 'path' in agent) throw new Error('the agent listens on no TCP address');
  const { 'haproxy.cfg': config, ...files } = await haproxyFiles();
  const haproxy = await startHaproxy({
    version,
    config: config.replace(/"\$\{IP_REPUTATION_BIND[^"]*"/, '127.0.0.1:{{port:web}}'),
    files,
    env: { IP_REPUTATION_AGENT: `127.0.0.1:${agent.port}` },
  });
  showOnFailure(haproxy, onTestFailed);
  return haproxy;
}
