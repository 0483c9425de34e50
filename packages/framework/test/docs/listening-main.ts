import { readFile } from 'node:fs/promises';
import { SpoaApplication, SpoeMessage } from '@spoa/framework';

@SpoeMessage('hello')
export class HelloController {
  handle() {
    return { transaction: { greeting: 'hello' } };
  }
}

/** Where to listen, and the files of TLS. */
export interface Places {
  readonly port: number;
  readonly socket: string;
  readonly tlsPort: number;
  readonly key: string;
  readonly certificate: string;
}

export async function main({ port, socket, tlsPort, key, certificate }: Places): Promise<SpoaApplication> {
  const [keyText, certificateText] = await Promise.all([readFile(key), readFile(certificate)]);
  const app = await SpoaApplication.create({ controllers: [HelloController], maxConnections: 1000 });
  app.enableShutdownHooks(['SIGINT', 'SIGTERM'], { timeoutMs: 10_000 });
  await app.serve(
    { host: '127.0.0.1', port },
    { path: socket, mode: 0o660 },
    { port: tlsPort, tls: { key: keyText, cert: certificateText } },
  );
  return app;
}
