import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** Who is at the other end of a connection. */
export interface Peer {
  /** `tcp` (TLS included), `unix`, or `stream` for any other duplex. */
  readonly transport: 'tcp' | 'unix' | 'stream';
  /** The IP address, of `tcp` only; missing where the peer had gone before it was asked for. */
  readonly address?: string;
  /** The TCP port, of `tcp` only. */
  readonly port?: number;
}

export function describePeer(duplex: Duplex): Peer {
  if (!(duplex instanceof Socket)) return { transport: 'stream' };
  const { remoteAddress, remotePort } = duplex;
  if (remoteAddress === undefined || remotePort === undefined) {
    // A peer that was gone before it was accepted has no address either, but our side of it has.
    return { transport: duplex.localAddress === undefined ? 'unix' : 'tcp' };
  }
  return { transport: 'tcp', address: remoteAddress, port: remotePort };
}
