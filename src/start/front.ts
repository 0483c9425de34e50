import { readFile } from 'node:fs/promises';
import type { ListenAddress } from '@spoa/framework';
import {
  findHaproxy,
  type Haproxy,
  type HaproxyInstallation,
  HaproxyUnavailableError,
  startHaproxy,
} from '@spoa/testing';
import { HAPROXY_FILES } from 'ip-reputation';
import type { Logger } from 'pino';

/** HAProxy in front of the agent. */
export interface Front {
  readonly haproxy: Haproxy;
  /** Where curl finds it. */
  readonly url: string;
}

export interface FrontOptions {
  readonly host: string;
  readonly port: number;
  /** Where the agent listens. */
  readonly agent: ListenAddress | undefined;
  readonly logger: Logger;
}

/** Starts HAProxy with the configuration that lies beside the application; `undefined` where there is no HAProxy to be had. */
export async function startFront({ host, port, agent, logger }: FrontOptions): Promise<Front | undefined> {
  if (agent === undefined || 'path' in agent) throw new Error('the agent listens on no TCP address');
  const installation = await find(logger);
  if (installation === undefined) return undefined;
  const log = logger.child({ name: 'haproxy' });
  const haproxy = await startHaproxy({
    installation,
    config: await readFile(HAPROXY_FILES.haproxy, 'utf8'),
    env: {
      IP_REPUTATION_BIND: `${inUrl(host)}:${port}`,
      IP_REPUTATION_AGENT: `${inUrl(agent.address)}:${agent.port}`,
      IP_REPUTATION_SPOE: HAPROXY_FILES.spoe,
    },
    // It names clients: addresses are shown at debug only, as the agent's decisions are.
    onLogLine: (line) => log.debug(line),
  });
  return { haproxy, url: `http://${inUrl(host)}:${port}` };
}

async function find(logger: Logger): Promise<HaproxyInstallation | undefined> {
  try {
    const installation = await findHaproxy('3.2', { onProgress: (message) => logger.info(message) });
    logger.info({ version: installation.version, origin: installation.origin }, 'HAProxy');
    return installation;
  } catch (error) {
    if (!(error instanceof HaproxyUnavailableError)) throw error;
    logger.warn(`${error.message}\nThe agent runs without HAProxy in front of it.`);
    return undefined;
  }
}

/** An IPv6 address has brackets where a port follows. */
function inUrl(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
