import { parentPort, workerData } from 'node:worker_threads';
import { Backend } from './backend.ts';
import { PgliteServer } from './server.ts';
import type { ToHost, ToWorker, WorkerSettings } from './worker-messages.ts';

/**
 * The thread that PGlite lives in: it computes where it is called, and merging a large import would otherwise stop
 * the event loop, HAProxy's answers with it, for seconds.
 */
const port = parentPort;
if (port === null) throw new Error('worker.js is started by host.js, in a thread of its own');
const { socket, database } = workerData as WorkerSettings;
const say = (message: ToHost): void => port.postMessage(message);
const textOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));

const server = await PgliteServer.listen(socket, (cause) => {
  say({ type: 'failed', reason: textOf(cause) });
  process.exit(1);
});

async function obey(message: ToWorker): Promise<void> {
  if (message.type === 'open') {
    server.serve(await Backend.open(database));
    say({ type: 'open' });
    return;
  }
  await server.close(message.graceMs);
  process.exit(0);
}

port.on('message', (message: ToWorker) => {
  obey(message).catch((cause: unknown) => {
    say({ type: 'failed', reason: textOf(cause) });
    process.exit(1);
  });
});
say({ type: 'listening' });
