import { chmodSync, lstatSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer, type ListenOptions, connect as netConnect, type Server } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TlsOptions } from 'node:tls';
import { isMainThread } from 'node:worker_threads';
import { SpoaError } from '../errors.ts';

/** Where to listen. */
export type ListenTarget =
  /** TCP. `port` 0 takes a free one. @default host '127.0.0.1' */
  | { port: number; host?: string; ipv6Only?: boolean; backlog?: number; tls?: TlsOptions }
  /** A unix socket, with its permissions (such as 0o660). A socket file that nobody listens on any more is replaced. */
  | { path: string; mode?: number; backlog?: number; tls?: TlsOptions }
  /** A listening socket that somebody else opened, such as systemd. */
  | { fd: number; tls?: TlsOptions }
  /** A server of your own; it listens already, or will be told to by you. With TLS, a `tls.Server`. */
  | { server: Server };

/** Where an agent listens: its address and port, or its path. */
export type ListenAddress = { address: string; port: number; family: string } | { path: string };

export interface Listener {
  readonly address: ListenAddress;
  /** Takes no more connections; those that are open stay. */
  close(): Promise<void>;
}

/** What a listener brings. */
export interface ListenerEvents {
  /** @param accepted whether the socket is ours alone: nobody else has seen it, and it is paused */
  connection(duplex: Duplex, accepted: boolean): void;
  /** A connection failed before it was one: in the TLS handshake of `socket`, or when it was accepted. */
  fault(error: NodeJS.ErrnoException, socket?: Duplex): void;
}

/**
 * @param handshakeTimeoutMs for TLS, unless the target's options say otherwise; 0: two minutes
 * @throws SPOA_LISTEN_FAILED naming the address, the cause and what to do
 */
export async function listen(
  target: ListenTarget,
  events: ListenerEvents,
  handshakeTimeoutMs: number,
): Promise<Listener> {
  let server: Server | undefined;
  try {
    if ('server' in target) server = target.server;
    else if (target.tls === undefined) server = createServer({ pauseOnConnect: true });
    else server = await makeTlsServer(target.tls, handshakeTimeoutMs);
    const event = 'setSecureContext' in server ? 'secureConnection' : 'connection';
    const accepted = !('server' in target) && event === 'connection';
    const onConnection = (duplex: Duplex): void => events.connection(duplex, accepted);
    server.on(event, onConnection);
    server.on('tlsClientError', events.fault);
    if (!('server' in target)) {
      await startListening(server, target);
      // Without this, a connection that cannot be accepted would be an uncaught exception.
      server.on('error', (error) => events.fault(error));
    }
    const opened = server;
    const close = async (): Promise<void> => stopListening(opened, event, onConnection, events);
    return { address: addressOf(opened, target), close };
  } catch (error) {
    if (!('server' in target)) server?.close();
    throw new SpoaError('SPOA_LISTEN_FAILED', explain(target, error as NodeJS.ErrnoException), { cause: error });
  }
}

/** TLS and what it brings cost every start 4 MB and 10 ms of CPU: they are loaded for those who listen with it. */
async function makeTlsServer(options: TlsOptions, handshakeTimeout: number): Promise<Server> {
  const { createServer: createTlsServer } = await import('node:tls');
  return createTlsServer({ handshakeTimeout, ...options });
}

function stopListening(
  server: Server,
  event: string,
  onConnection: (duplex: Duplex) => void,
  events: ListenerEvents,
): void {
  // TLS handshakes that are under way may still bring a connection, which must not be left to nobody.
  if (server.listening) server.close();
  else server.off(event, onConnection).off('tlsClientError', events.fault);
}

async function startListening(server: Server, target: Exclude<ListenTarget, { server: Server }>): Promise<void> {
  if ('path' in target) {
    checkPathLength(target.path);
    await removeDeadSocket(target.path);
  }
  const mode = 'path' in target ? target.mode : undefined;
  // The socket has its permissions from the start: there is no moment in which anybody may connect.
  const umask = mode !== undefined && isMainThread ? process.umask(0o777 & ~mode) : undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(listenOptions(target), () => {
        server.off('error', reject);
        resolve();
      });
      // Binding is done by now; whatever else makes files in this turn has its own permissions again.
      if (umask !== undefined) process.umask(umask);
    });
  } catch (error) {
    if (umask !== undefined) process.umask(umask);
    throw error;
  }
  if ('path' in target && mode !== undefined) chmodSync(target.path, mode);
}

function listenOptions(target: Exclude<ListenTarget, { server: Server }>): ListenOptions | { fd: number } {
  if ('fd' in target) return { fd: target.fd };
  const { tls: _, ...options } = { backlog: 4096, ...target };
  return 'port' in options ? { host: '127.0.0.1', ...options } : { path: options.path, backlog: options.backlog };
}

/** What the kernel has room for, without its NUL. A longer path would be cut without a word. */
const MAX_PATH_BYTES = process.platform === 'linux' ? 107 : 103;

function checkPathLength(path: string): void {
  const length = Buffer.byteLength(path);
  if (length <= MAX_PATH_BYTES) return;
  throw Object.assign(new Error(`a path of ${length} bytes`), { code: 'ENAMETOOLONG' });
}

/** After a crash the file of a unix socket is still there; one that somebody answers on is not ours to take. */
async function removeDeadSocket(path: string): Promise<void> {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSocket() !== true) return;
  const alive = await new Promise<boolean>((resolve) => {
    const probe = netConnect(path);
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    // Any other error, such as EAGAIN of one that is too busy, is no proof.
    probe.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code !== 'ECONNREFUSED' && code !== 'ENOENT'));
  });
  if (!alive) rmSync(path, { force: true });
}

function addressOf(server: Server, target: ListenTarget): ListenAddress {
  const address = server.address() as AddressInfo | string | null;
  if (address !== null && typeof address === 'object' && 'port' in address) return address;
  return { path: typeof address === 'string' ? address : 'path' in target ? target.path : '' };
}

const REMEDIES: Readonly<Record<string, string>> = {
  EADDRINUSE: 'something else listens there: stop it or choose another address',
  EACCES: 'not permitted: choose a port above 1023, or a folder that exists and that you may write to',
  EADDRNOTAVAIL: 'no interface of this machine has that address',
  ENAMETOOLONG: `the path of a socket may have ${MAX_PATH_BYTES} bytes`,
};

function explain(target: ListenTarget, error: NodeJS.ErrnoException): string {
  const where =
    'path' in target ? target.path : 'port' in target ? `${target.host ?? '127.0.0.1'}:${target.port}` : 'the handle';
  const remedy = REMEDIES[error.code ?? ''];
  return `cannot listen on ${where} (${error.code ?? error.message})${remedy === undefined ? '' : `: ${remedy}`}`;
}
