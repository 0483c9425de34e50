import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { HaproxyError } from './errors.ts';

const POOL_SIZE = 16;

/**
 * Free TCP ports on 127.0.0.1 that stay occupied until they are released together, just before HAProxy is started: so
 * nobody else is given one of them while the configuration is being written and checked.
 */
export class FreePorts {
  readonly #servers: Server[];
  readonly #free: number[];

  private constructor(servers: Server[]) {
    this.#servers = servers;
    this.#free = servers.map(portOf);
  }

  static async reserve(): Promise<FreePorts> {
    return new FreePorts(await Promise.all(Array.from({ length: POOL_SIZE }, listen)));
  }

  /** @throws HaproxyError HAPROXY_TEMPLATE when a configuration asks for more than 16. */
  take(): number {
    const port = this.#free.pop();
    if (port === undefined) throw new HaproxyError('HAPROXY_TEMPLATE', `more than ${POOL_SIZE} free ports asked for`);
    return port;
  }

  async release(): Promise<void> {
    await Promise.all(
      this.#servers.splice(0).map(async (server) => {
        server.close();
        await once(server, 'close');
      }),
    );
  }
}

async function listen(): Promise<Server> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('a TCP server has no port');
  return address.port;
}
