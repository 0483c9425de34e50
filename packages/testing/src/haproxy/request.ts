import { request as httpRequest, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http';
import { HaproxyError } from './errors.ts';
import type { Haproxy } from './haproxy.ts';

/** One HTTP/1.1 request. */
export interface RequestOptions {
  /** @default '/' */
  readonly path?: string;
  /** @default 'GET' */
  readonly method?: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string | Uint8Array;
  /** The `Host` header. @default the address and port */
  readonly host?: string;
  /** Which port of an {@link Haproxy}, by name. @default 'http', or the only one there is */
  readonly port?: string;
  /** Where to connect to. @default '127.0.0.1' */
  readonly address?: string;
  /** Where to connect from, for what looks at the client's address: Linux answers on all of 127.0.0.0/8. */
  readonly localAddress?: string;
  /** How long the whole exchange may take. @default 10000 */
  readonly timeoutMs?: number;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The body, as UTF-8. */
  readonly body: string;
}

const MAX_HEADER_BYTES = 1024 * 1024;

/**
 * Sends one request on a connection of its own and reads the whole response. `fetch` keeps connections, which hides
 * what happens per session.
 *
 * @param target a running HAProxy, or a port number.
 * @throws HaproxyError HAPROXY_REQUEST when there is no whole response in time; with configuration and log when HAProxy
 * has ended.
 */
export function request(target: Haproxy | number, options: RequestOptions = {}): Promise<HttpResponse> {
  const { path = '/', method = 'GET', headers = {}, body, host, address = '127.0.0.1', timeoutMs = 10_000 } = options;
  const port = typeof target === 'number' ? target : choosePort(target, options.port);
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => {
      const ended = typeof target !== 'number' && target.exit !== undefined ? `\n${target.describe()}` : '';
      const message = `${method} ${path} at ${address}:${port}: ${error.message}${ended}`;
      reject(new HaproxyError('HAPROXY_REQUEST', message, { cause: error }));
    };
    const outgoing = httpRequest({
      host: address,
      port,
      path,
      method,
      agent: false,
      // HAProxy decides how long headers may be.
      maxHeaderSize: MAX_HEADER_BYTES,
      headers: { ...headers, ...(host === undefined ? {} : { host }) },
      ...(options.localAddress === undefined ? {} : { localAddress: options.localAddress }),
    });
    const timer = setTimeout(() => outgoing.destroy(new Error(`no response within ${timeoutMs} ms`)), timeoutMs);
    outgoing.once('close', () => clearTimeout(timer));
    outgoing.on('error', fail);
    outgoing.once('response', (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('error', fail);
      incoming.once('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: text });
      });
    });
    outgoing.end(body);
  });
}

function choosePort(haproxy: Haproxy, name: string | undefined): number {
  if (name !== undefined) return haproxy.port(name);
  const [only, ...others] = haproxy.ports.values();
  return only !== undefined && others.length === 0 ? only : haproxy.port('http');
}
