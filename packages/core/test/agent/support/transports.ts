import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { connect as connectTls, createServer as createTlsServer } from 'node:tls';
import { onTestFinished } from 'vitest';
import type { Peer } from '../../../src/index.ts';
import { selfSigned } from './certificate.ts';
import type { TestAgent } from './test-agent.ts';

/** A way to reach an agent. */
export interface Transport {
  readonly name: string;
  /** What the handler is told of its peer. */
  readonly peer: Peer['transport'];
  /** Whether the agent is told when the other side is destroyed. The streams of a pair do not tell each other. */
  readonly tellsOfBreaks: boolean;
  /** The agent takes connections when this resolves; the function makes one. */
  start(test: TestAgent): Promise<() => Promise<Duplex>>;
}

const tls = selfSigned();

/** A folder of the test's own, for sockets: the path of one may have 107 bytes. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'spoa-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function connected(socket: Socket, event = 'connect'): Promise<Socket> {
  await once(socket, event);
  return socket;
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no TCP address');
  return address.port;
}

async function listening(server: Server): Promise<Server> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

export const TRANSPORTS: readonly Transport[] = [
  {
    name: 'TCP over IPv4',
    peer: 'tcp',
    tellsOfBreaks: true,
    async start(test) {
      await test.agent.listen({ port: 0 });
      return () => connected(test.dial());
    },
  },
  {
    name: 'TCP over IPv6',
    peer: 'tcp',
    tellsOfBreaks: true,
    async start(test) {
      await test.agent.listen({ port: 0, host: '::1', ipv6Only: true });
      return () => connected(test.dial());
    },
  },
  {
    name: 'a unix socket',
    peer: 'unix',
    tellsOfBreaks: true,
    async start(test) {
      const path = join(temporaryFolder(), 'agent.sock');
      await test.agent.listen({ path, mode: 0o600 });
      return () => connected(connect(path));
    },
  },
  {
    name: 'TLS over TCP',
    peer: 'tcp',
    tellsOfBreaks: true,
    async start(test) {
      const address = await test.agent.listen({ port: 0, tls });
      if ('path' in address) throw new Error('no TCP address');
      const { port } = address;
      return () =>
        connected(connectTls({ host: '127.0.0.1', port, ca: tls.cert, servername: 'localhost' }), 'secureConnect');
    },
  },
  {
    name: 'TLS over a unix socket',
    peer: 'unix',
    tellsOfBreaks: true,
    async start(test) {
      const path = join(temporaryFolder(), 'agent.sock');
      await test.agent.listen({ path, tls });
      return () => connected(connectTls({ path, ca: tls.cert, servername: 'localhost' }), 'secureConnect');
    },
  },
  {
    name: 'a net.Server of somebody else',
    peer: 'tcp',
    tellsOfBreaks: true,
    async start(test) {
      const server = await listening(createServer());
      await test.agent.listen({ server });
      return () => connected(test.dial());
    },
  },
  {
    name: 'a tls.Server of somebody else',
    peer: 'tcp',
    tellsOfBreaks: true,
    async start(test) {
      const server = await listening(createTlsServer(tls));
      await test.agent.listen({ server });
      const port = portOf(server);
      return () =>
        connected(connectTls({ host: '127.0.0.1', port, ca: tls.cert, servername: 'localhost' }), 'secureConnect');
    },
  },
  {
    name: 'a pair of streams',
    peer: 'stream',
    tellsOfBreaks: false,
    async start(test) {
      return async () => test.duplexPair().clientSide;
    },
  },
];
