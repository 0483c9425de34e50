import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { ListenAddress, ListenTarget } from '@spoa/core';

/** Listens for an agent and can take everything away from it at once, as the death of its process would. */
export class CrashingListener {
  readonly #agent: { listen(target: ListenTarget): Promise<ListenAddress> };
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;

  constructor(agent: { listen(target: ListenTarget): Promise<ListenAddress> }) {
    this.#agent = agent;
  }

  async listen(target: ListenTarget): Promise<ListenAddress> {
    const server = createServer({ noDelay: true }, (socket) => this.#sockets.add(socket));
    this.#server = server;
    await this.#agent.listen({ server });
    if ('path' in target) server.listen(target.path);
    else if ('port' in target) server.listen(target.port, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address() as AddressInfo | string;
    return typeof address === 'string' ? { path: address } : address;
  }

  crash(): void {
    this.#server?.close();
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
  }
}
