import { type BeforeShutdown, Logs, type SpoaApplication } from '@spoa/framework';
import {
  findHaproxy,
  type Haproxy,
  type HaproxyInstallation,
  HaproxyUnavailableError,
  startHaproxy,
} from '@spoa/testing';
import { haproxyFiles } from 'ip-reputation';
import { DEFAULT_VERSION } from '../haproxy/version-option.ts';

/** HAProxy in front of the agent. It ends before the agent does: who is still asking gets an answer. */
export class Front implements BeforeShutdown {
  #starting: Promise<Haproxy | undefined> = Promise.resolve(undefined);

  /**
   * Starts it with the configuration that lies beside the application.
   *
   * @returns where curl finds it; `undefined` where there is no HAProxy to be had
   */
  async start(app: SpoaApplication, { host, port }: { host: string; port: number }): Promise<string | undefined> {
    this.#starting = startIn(app, `${inUrl(host)}:${port}`);
    const haproxy = await this.#starting;
    if (haproxy === undefined) return undefined;
    void haproxy.exited.then(() => {
      if (app.state !== 'ready') return;
      app.logger.error(`HAProxy ended by itself:\n${haproxy.describe()}`);
      process.exitCode = 1;
      void app.close();
    });
    return `http://${inUrl(host)}:${port}`;
  }

  async beforeShutdown(): Promise<void> {
    const haproxy = await this.#starting.catch(() => undefined);
    await haproxy?.stop();
  }
}

async function startIn(app: SpoaApplication, bind: string): Promise<Haproxy | undefined> {
  const [agent] = app.addresses;
  if (agent === undefined || 'path' in agent) throw new Error('the agent listens on no TCP address');
  const log = app.get(Logs).for('haproxy');
  const installation = await find(log);
  if (installation === undefined) return undefined;
  const { 'haproxy.cfg': config, ...files } = await haproxyFiles();
  return startHaproxy({
    installation,
    config,
    files,
    env: { IP_REPUTATION_BIND: bind, IP_REPUTATION_AGENT: `${inUrl(agent.address)}:${agent.port}` },
    // It names clients: addresses are shown at debug only, as the agent's decisions are.
    onLogLine: (line) => log.debug(line),
  });
}

async function find(log: ReturnType<Logs['for']>): Promise<HaproxyInstallation | undefined> {
  try {
    const installation = await findHaproxy(DEFAULT_VERSION, { onProgress: (message) => log.info(message) });
    log.info({ version: installation.version, origin: installation.origin }, 'HAProxy');
    return installation;
  } catch (error) {
    if (!(error instanceof HaproxyUnavailableError)) throw error;
    log.warn(`${error.message}\nThe agent runs without HAProxy in front of it.`);
    return undefined;
  }
}

/** An IPv6 address has brackets where a port follows. */
function inUrl(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
