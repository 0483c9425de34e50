import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The server behind HAProxy. */
export class Origin implements AsyncDisposable {
  readonly port: number;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
  }

  static async start(listener: RequestListener = answer): Promise<Origin> {
    const server = createServer(listener).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Origin(server);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}

const answer: RequestListener = (request, response) => {
  request.resume();
  response.writeHead(200, { 'content-type': 'text/plain' }).end('origin\n');
};
