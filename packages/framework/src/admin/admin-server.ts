import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SpoaError } from '@spoa/core';
import type { ApplicationState } from '../application/observer.ts';

export interface AdminServerOptions {
  /** 0 takes a free one: `adminAddress` tells which. */
  port: number;
  /** Whoever reaches it may read everything: there is no password. @default '127.0.0.1' */
  host?: string;
}

/** What the pages say. */
export interface AdminPages {
  metrics(): Promise<{ type: string; text: string }>;
  state(): ApplicationState;
  info(): object;
}

/** Scrapers are few; whoever else comes must not take the files that HAProxy's connections need. */
const MAX_CONNECTIONS = 64;
/** A request has a line and a few headers. */
const MAX_HEADER_BYTES = 8 * 1024;
/** How long a client may take to send a request, and how long it may stand still while it reads the answer. */
const TIMEOUT_MS = 10_000;
/** How long an answer that is under way may take when the application ends. */
const CLOSE_TIMEOUT_MS = 1000;

interface Page {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

/** `/metrics`, `/livez`, `/readyz` and `/info` over HTTP. */
export class AdminServer {
  readonly #pages: AdminPages;
  readonly #server: Server;

  constructor(pages: AdminPages) {
    this.#pages = pages;
    this.#server = createServer(
      {
        maxHeaderSize: MAX_HEADER_BYTES,
        headersTimeout: TIMEOUT_MS,
        requestTimeout: TIMEOUT_MS,
        connectionsCheckingInterval: TIMEOUT_MS / 10,
      },
      (request, response) => void this.#answer(request, response),
    );
    this.#server.maxConnections = MAX_CONNECTIONS;
    this.#server.setTimeout(TIMEOUT_MS);
    // What holds the process are the agent's listeners.
    this.#server.unref();
  }

  get address(): { readonly address: string; readonly port: number } {
    const { address, port } = this.#server.address() as AddressInfo;
    return { address, port };
  }

  /** @throws SPOA_LISTEN_FAILED */
  async listen({ port, host = '127.0.0.1' }: AdminServerOptions): Promise<{ address: string; port: number }> {
    try {
      await new Promise<void>((resolve, reject) => {
        this.#server.once('error', reject);
        this.#server.listen({ port, host }, () => {
          this.#server.off('error', reject);
          resolve();
        });
      });
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      const remedy = code === 'EADDRINUSE' ? ': something else listens there: stop it or choose another address' : '';
      const problem = `the admin server cannot listen on ${host}:${port} (${code ?? message})${remedy}`;
      throw new SpoaError('SPOA_LISTEN_FAILED', problem, { cause: error });
    }
    // A connection that cannot be accepted is no reason to end the process.
    this.#server.on('error', () => undefined);
    return this.address;
  }

  /** Ends what is idle at once, and answers that are under way soon. */
  async close(): Promise<void> {
    const patience = setTimeout(() => this.#server.closeAllConnections(), CLOSE_TIMEOUT_MS);
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeIdleConnections();
    });
    clearTimeout(patience);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { status, type, text } = await this.#page(request).catch((error: unknown) =>
      plain(500, error instanceof Error ? error.message : 'failed'),
    );
    const length = Buffer.byteLength(text);
    response.writeHead(status, {
      'content-type': type,
      'content-length': length,
      'cache-control': 'no-store',
      ...(status === 405 && { allow: 'GET, HEAD' }),
      ...(this.#pages.state() === 'closing' && { connection: 'close' }),
    });
    response.end(request.method === 'HEAD' ? undefined : text);
    // Nobody reads what a request brings with it.
    request.resume();
  }

  async #page({ method, url = '/' }: IncomingMessage): Promise<Page> {
    if (method !== 'GET' && method !== 'HEAD') return plain(405, 'GET and HEAD only');
    switch (url.split('?', 1)[0]) {
      case '/metrics':
        return { status: 200, ...(await this.#pages.metrics()) };
      case '/livez':
        return plain(200, 'ok');
      case '/readyz': {
        const state = this.#pages.state();
        return plain(state === 'ready' ? 200 : 503, state);
      }
      case '/info':
        return { status: 200, type: 'application/json', text: `${JSON.stringify(this.#pages.info())}\n` };
      default:
        return plain(404, '/metrics, /livez, /readyz or /info');
    }
  }
}

function plain(status: number, text: string): Page {
  return { status, type: 'text/plain; charset=utf-8', text: `${text}\n` };
}
