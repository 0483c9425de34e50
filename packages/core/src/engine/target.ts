import { connect, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setImmediate } from 'node:timers';
import { SpoaError } from '../errors.ts';

/** Where an agent is: over TCP (host `127.0.0.1` by default), a unix socket, or any duplex that leads to one. */
export type EngineTarget = { host?: string; port: number } | { path: string } | { duplex: Duplex };

/**
 * A connection to the target.
 *
 * @param timeoutMs 0: no limit
 * @throws SPOA_DISCONNECTED where it cannot be reached, SPOA_HELLO_TIMEOUT
 */
export function openTarget(target: EngineTarget, timeoutMs: number): Promise<Duplex> {
  if ('duplex' in target) return Promise.resolve(target.duplex);
  const where = 'path' in target ? target.path : `${target.host ?? '127.0.0.1'}:${target.port}`;
  return new Promise((resolve, reject) => {
    const socket = connect('path' in target ? target : { host: '127.0.0.1', noDelay: true, ...target });
    const timer = timeoutMs === 0 ? undefined : setTimeout(() => socket.destroy(late(where, timeoutMs)), timeoutMs);
    const fail = (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      reject(error instanceof SpoaError ? error : unreachable(where, error));
    };
    socket.once('error', fail);
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.off('error', fail);
      resolve(socket);
    });
  });
}

/** Ends a connection at once; with `reset` the way HAProxy 3.1 and newer do, where the transport can (TCP only). */
export function closeDuplex(duplex: Duplex, reset: boolean): void {
  if (!(duplex instanceof Socket)) {
    // Destroying one end of a pair does not tell the other; ending it does.
    duplex.end();
    setImmediate(() => duplex.destroy());
  } else if (reset && duplex.remotePort !== undefined) duplex.resetAndDestroy();
  else duplex.destroy();
}

function late(where: string, timeoutMs: number): SpoaError {
  return new SpoaError('SPOA_HELLO_TIMEOUT', `no connection to ${where} within ${timeoutMs} ms`);
}

function unreachable(where: string, cause: NodeJS.ErrnoException): SpoaError {
  const errno = cause.code ?? cause.message;
  return new SpoaError('SPOA_DISCONNECTED', `cannot connect to ${where} (${errno})`, { cause, facts: { errno } });
}
