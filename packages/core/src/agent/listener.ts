import { chmodSync, lstatSync, unlinkSync } from 'node:fs';
import { type AddressInfo, createServer, type ListenOptions, connect as netConnect, type Server } from 'node:net';
import type { Duplex } from 'node:stream';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
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

/** @throws SPOA_LISTEN_FAILED naming the address, the cause and what to do */
export async function listen(target: ListenTarget, onConnection: (duplex: Duplex) => void): Promise<Listener> {
  const server = 'server' in target ? target.server : makeServer(target.tls);
  const event = 'setSecureContext' in server ? 'secureConnection' : 'connection';
  server.on(event, onConnection);
  try {
    if (!('server' in target)) await startListening(server, target);
  } catch (error) {
    throw new SpoaError('SPOA_LISTEN_FAILED', explain(target, error as NodeJS.ErrnoException), { cause: error });
  }
  return {
    address: addressOf(server, target),
    async close() {
      server.off(event, onConnection);
      if (server.listening) await new Promise<void>((resolve) => stopAccepting(server, resolve));
    },
  };
}

function makeServer(tls: TlsOptions | undefined): Server {
  // HAProxy waits for each small answer: Nagle's algorithm must not hold it back.
  const options = { noDelay: true };
  return tls === undefined ? createServer(options) : createTlsServer({ ...options, ...tls });
}

/** `close` of a server calls back only when its connections are gone; what is asked here is that no new ones come. */
function stopAccepting(server: Server, done: () => void): void {
  server.close();
  done();
}

async function startListening(server: Server, target: Exclude<ListenTarget, { server: Server }>): Promise<void> {
  if ('path' in target) await removeDeadSocket(target.path);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(listenOptions(target), () => {
      server.off('error', reject);
      resolve();
    });
  });
  if ('path' in target && target.mode !== undefined) chmodSync(target.path, target.mode);
}

function listenOptions(target: Exclude<ListenTarget, { server: Server }>): ListenOptions | { fd: number } {
  if ('fd' in target) return { fd: target.fd };
  const { tls: _, ...options } = { backlog: 4096, ...target };
  return 'port' in options ? { host: '127.0.0.1', ...options } : { path: options.path, backlog: options.backlog };
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
    probe.once('error', () => resolve(false));
  });
  if (!alive) unlinkSync(path);
}

function addressOf(server: Server, target: ListenTarget): ListenAddress {
  const address = server.address() as AddressInfo | string | null;
  if (address !== null && typeof address === 'object' && 'port' in address) return address;
  return { path: typeof address === 'string' ? address : 'path' in target ? target.path : '' };
}

const REMEDIES: Readonly<Record<string, string>> = {
  EADDRINUSE: 'something else listens there: stop it or choose another address',
  EACCES: 'not permitted: choose a port above 1023 or a folder that you may write to',
  EADDRNOTAVAIL: 'no interface of this machine has that address',
  ENOENT: 'the folder of the socket does not exist',
};

function explain(target: ListenTarget, error: NodeJS.ErrnoException): string {
  const where =
    'path' in target ? target.path : 'port' in target ? `${target.host ?? '127.0.0.1'}:${target.port}` : 'the handle';
  const remedy = REMEDIES[error.code ?? ''];
  return `cannot listen on ${where} (${error.code ?? error.message})${remedy === undefined ? '' : `: ${remedy}`}`;
}
