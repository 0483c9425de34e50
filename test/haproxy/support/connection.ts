import { Agent, request } from 'node:http';
import type { Haproxy, HttpResponse } from '@spoa/testing';

/** One client connection that carries several requests, one after the other: a session, as HAProxy calls it. */
export class ClientConnection implements Disposable {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  readonly #port: number;
  readonly #localPorts = new Set<number | undefined>();

  constructor(haproxy: Haproxy) {
    this.#port = haproxy.port('http');
  }

  /** @throws when this request went over another connection than the ones before */
  get(path: string): Promise<HttpResponse> {
    return new Promise((resolve, reject) => {
      const outgoing = request({ host: '127.0.0.1', port: this.#port, path, agent: this.#agent, timeout: 10_000 });
      outgoing.once('timeout', () => outgoing.destroy(new Error(`no response to ${path} within ten seconds`)));
      outgoing.once('error', reject);
      outgoing.once('response', (incoming) => {
        this.#localPorts.add(incoming.socket.localPort);
        let body = '';
        incoming.setEncoding('utf8').on('data', (text: string) => {
          body += text;
        });
        incoming.once('error', reject);
        incoming.once('end', () => {
          if (this.#localPorts.size > 1) reject(new Error('the connection was not kept'));
          resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body });
        });
      });
      outgoing.end();
    });
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }
}
