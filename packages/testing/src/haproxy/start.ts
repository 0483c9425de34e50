import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { HaproxyVersion } from '@spoa/framework/haproxy';
import { sendCommand } from './cli.ts';
import { runCommand } from './command.ts';
import { type HaproxyFile, numbered } from './describe.ts';
import { HaproxyError, messageOf } from './errors.ts';
import { FreePorts } from './free-port.ts';
import { Haproxy } from './haproxy.ts';
import { findHaproxy, installHaproxy } from './install.ts';
import type { HaproxyInstallation } from './installation.ts';
import { HaproxyLog } from './log.ts';
import { createContext, type HaproxyTemplate, pathInside, renderTemplate } from './template.ts';

/** What to start and with which configuration. */
export interface StartHaproxyOptions {
  /** The HAProxy to start; wins over `version`. @default the one that {@link findHaproxy} finds */
  readonly installation?: HaproxyInstallation;
  /** The line to start, fetched if need be. */
  readonly version?: HaproxyVersion;
  /**
   * `haproxy.cfg`. A `global` section with the runtime API socket, `noreuseport` and, unless the configuration names a
   * log target of its own, `log stdout` is put before it in a file of its own, so that line numbers stay.
   */
  readonly config: HaproxyTemplate;
  /** More files for HAProxy's folder, by name: `{ 'spoe.conf': '...' }`, used as `{{file:spoe.conf}}`. */
  readonly files?: Readonly<Record<string, HaproxyTemplate>>;
  /** Ports that must be these and no others; a name that is not here gets a free one. */
  readonly ports?: Readonly<Record<string, number>>;
  /** Environment variables, added to those of this process; a configuration reads them as `"${NAME}"`. */
  readonly env?: Readonly<Record<string, string>>;
  /** Gets every line of the log as it comes. */
  readonly onLogLine?: (line: string) => void;
  /** How long it may take to be ready. @default 10000 */
  readonly startTimeoutMs?: number;
}

// Between the release of a free port and HAProxy's bind another process may take it: then other ports are tried.
const START_ATTEMPTS = 5;
const CHECK_TIMEOUT_MS = 10_000;
const READY_POLL_MS = 5;

/**
 * Starts a real HAProxy in the foreground with a configuration of its own and waits until it accepts connections. It
 * ends with this process at the latest, however this process ends.
 *
 * @throws HaproxyUnavailableError when there is none; HaproxyError HAPROXY_TEMPLATE, HAPROXY_CONFIG (with HAProxy's
 * message and the numbered configuration) or HAPROXY_START (with its log as well).
 */
export async function startHaproxy(options: StartHaproxyOptions): Promise<Haproxy> {
  const installation = await chooseInstallation(options);
  for (let attempt = 1; ; attempt += 1) {
    const free = await FreePorts.reserve();
    // HAProxy reports real paths, and on some systems the temporary folder is a link.
    const folder = await realpath(await mkdtemp(join(tmpdir(), 'spoa-haproxy-')));
    const taken = new Map<string, number>();
    try {
      return await startIn(folder, installation, options, free, taken);
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      if (!(error instanceof PortTakenError) || taken.size === 0 || attempt === START_ATTEMPTS) throw error;
    } finally {
      await free.release();
    }
  }
}

async function chooseInstallation({ installation, version }: StartHaproxyOptions): Promise<HaproxyInstallation> {
  if (installation !== undefined) return installation;
  return version === undefined ? findHaproxy() : installHaproxy(version);
}

/** HAProxy could not bind: with free ports it is worth another try. */
class PortTakenError extends HaproxyError {}

async function startIn(
  folder: string,
  installation: HaproxyInstallation,
  options: StartHaproxyOptions,
  free: FreePorts,
  taken: Map<string, number>,
): Promise<Haproxy> {
  const fixed = new Map(Object.entries(options.ports ?? {}));
  const takePort = (name: string): number => {
    const port = fixed.get(name) ?? taken.get(name) ?? free.take();
    if (!fixed.has(name)) taken.set(name, port);
    return port;
  };
  const extra = options.files ?? {};
  const context = createContext({ installation, folder, fileNames: Object.keys(extra), takePort });
  const config = renderTemplate(options.config, context);
  const cliSocket = join(folder, 'haproxy-cli.sock');
  const rendered: Array<[string, string]> = [
    ['added-by-spoa.cfg', addedGlobals(cliSocket, config)],
    ['haproxy.cfg', config],
    ...Object.entries(extra).map(([name, file]): [string, string] => [name, renderTemplate(file, context)]),
  ];
  const files = rendered.map(([name, content]): HaproxyFile => ({ name, path: pathInside(folder, name), content }));
  for (const { path, content } of files) {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content, { mode: 0o600 });
  }

  const haproxyArgs = [...installation.args, ...files.slice(0, 2).flatMap(({ path }) => ['-f', path])];
  await checkConfiguration(installation, haproxyArgs, files, options.env);
  await free.release();
  const log = new HaproxyLog(options.onLogLine);
  const child = await spawnForeground(installation, [...haproxyArgs, '-db'], folder, options.env);
  const ports = new Map([...fixed, ...taken]);
  const haproxy = new Haproxy({ installation, child, folder, cliSocket, files, ports, log });
  try {
    await ready(haproxy, cliSocket, options.startTimeoutMs ?? 10_000);
    return haproxy;
  } catch (error) {
    await haproxy.stop({ softMs: 0, termMs: 500 });
    const failure = /cannot bind socket \(Address already in use\)/i.test(haproxy.log) ? PortTakenError : HaproxyError;
    const message = `HAProxy ${installation.version} did not start: ${messageOf(error)}\n${haproxy.describe()}`;
    throw new failure('HAPROXY_START', message, { cause: error });
  }
}

function addedGlobals(cliSocket: string, config: string): string {
  // "log global" and "log-format" are no targets; a line of the configuration's own with a target would log twice.
  const logs = /^\s*log\s+(?!global\b)\S/m.test(config) ? [] : ['  log stdout format raw daemon'];
  return [
    'global',
    // More than the ten connections of the default: further ones would be refused, not made to wait.
    `  stats socket ${cliSocket} mode 600 level admin backlog 1024`,
    '  stats maxconn 100',
    // Two HAProxies must not share a port unnoticed: without this the second binds beside the first.
    '  noreuseport',
    ...logs,
    '',
  ].join('\n');
}

async function checkConfiguration(
  installation: HaproxyInstallation,
  args: readonly string[],
  files: readonly HaproxyFile[],
  env: Readonly<Record<string, string>> | undefined,
): Promise<void> {
  try {
    await runCommand(installation.command, [...args, '-c'], { timeoutMs: CHECK_TIMEOUT_MS, ...(env && { env }) });
  } catch (error) {
    const message = messageOf(error);
    throw new HaproxyError(
      'HAPROXY_CONFIG',
      [
        `HAProxy ${installation.version} refuses the configuration.`,
        message,
        ...files.map((file) => numbered(file, message)),
      ].join('\n'),
      { cause: error },
    );
  }
}

async function spawnForeground(
  installation: HaproxyInstallation,
  args: readonly string[],
  folder: string,
  env: Readonly<Record<string, string>> | undefined,
): Promise<ChildProcess> {
  const child = spawn(installation.command, args, {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A process group of its own: Ctrl-C reaches this process, which then stops HAProxy in its own time.
    detached: true,
  });
  try {
    await once(child, 'spawn');
  } catch (error) {
    throw new HaproxyError('HAPROXY_START', `${installation.command}: ${messageOf(error)}`, { cause: error });
  }
  return child;
}

// HAProxy binds everything before it serves anything: who answers on the CLI socket listens on every port.
async function ready(haproxy: Haproxy, cliSocket: string, timeoutMs: number): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    try {
      await sendCommand(cliSocket, 'show info', Math.max(1, deadline - Date.now()));
      return;
    } catch (error) {
      if (haproxy.exit !== undefined) throw new HaproxyError('HAPROXY_EXITED', 'it ended at once', { cause: error });
      if (Date.now() >= deadline) throw error;
    }
    await delay(READY_POLL_MS);
  }
}
