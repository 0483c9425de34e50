import { once } from 'node:events';
import { createServer } from 'node:net';

/** A port that is free for now: for programs that are told a number. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return (address as { port: number }).port;
}
