import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { connectEngine } from '@spoa/core';
import { expect, onTestFinished, test } from 'vitest';
import { type OnModuleInit, SpoaApplication, SpoeMessage } from '../../src/index.ts';
import { Observability } from '../../src/observability/index.ts';
import { deferred } from '../support/deferred.ts';
import { message } from '../support/test-application.ts';
import { until } from '../support/until.ts';
import { ask } from './support.ts';

@SpoeMessage('hello')
class HelloController {
  handle(): void {}
}

async function create(
  options: Partial<Parameters<typeof SpoaApplication.create>[0]> = {},
): Promise<{ app: SpoaApplication; observability: Observability }> {
  const observability = new Observability({ admin: { port: 0 }, version: '1.2.3' });
  const app = await SpoaApplication.create({
    controllers: [HelloController],
    logger: false,
    ...options,
    observability,
  });
  onTestFinished(() => app.close({ timeoutMs: 0, quietMs: 0 }));
  return { app, observability };
}

test('says what the application is', async () => {
  const { app, observability } = await create();
  const address = await app.listen({ port: 0 });
  const { status, type, text } = await ask(observability, '/info');
  expect({ status, type }).toEqual({ status: 200, type: 'application/json' });
  expect(JSON.parse(text)).toEqual({
    state: 'ready',
    version: '1.2.3',
    node: process.version,
    pid: process.pid,
    uptimeSeconds: expect.any(Number),
    addresses: [address],
    connections: 0,
    messages: ['hello'],
  });
});

test('listens on loopback', async () => {
  const { app, observability } = await create();
  await app.init();
  expect(observability.adminAddress?.address).toBe('127.0.0.1');
});

test.each([
  ['GET', '/metrics', 200, 'text/plain; version=0.0.4; charset=utf-8', /^# HELP spoa_ready/],
  ['GET', '/metrics?x=1', 200, 'text/plain; version=0.0.4; charset=utf-8', /^spoa_ready 1$/m],
  ['HEAD', '/metrics', 200, 'text/plain; version=0.0.4; charset=utf-8', /^$/],
  ['GET', '/livez', 200, 'text/plain; charset=utf-8', /^ok\n$/],
  ['GET', '/readyz', 200, 'text/plain; charset=utf-8', /^ready\n$/],
  ['POST', '/readyz', 405, 'text/plain; charset=utf-8', /^GET and HEAD only\n$/],
  ['GET', '/', 404, 'text/plain; charset=utf-8', /\/metrics/],
] as const)('%s %s', async (method, path, status, type, text) => {
  const { app, observability } = await create();
  await app.init();
  const answer = await ask(observability, path, method);
  expect(answer).toMatchObject({ status, type });
  expect(answer.text).toMatch(text);
});

test('is alive and not ready while it starts, ready while it serves, and not ready while it drains', async () => {
  const [prepared, answered] = [deferred<void>(), deferred<void>()];

  class Preparation implements OnModuleInit {
    onModuleInit(): Promise<void> {
      return prepared.promise;
    }
  }
  let isAsked = false;

  @SpoeMessage('slow')
  class SlowController {
    handle(): Promise<void> {
      isAsked = true;
      return answered.promise;
    }
  }
  const { app, observability } = await create({ controllers: [SlowController], providers: [Preparation] });
  const listening = app.listen({ port: 0 });
  await until('the admin server', () => observability.adminAddress !== undefined);
  expect(await ask(observability, '/livez')).toMatchObject({ status: 200 });
  expect(await ask(observability, '/readyz')).toMatchObject({ status: 503, text: 'starting\n' });
  prepared.resolve(undefined);
  const { port } = (await listening) as AddressInfo;
  expect(await ask(observability, '/readyz')).toMatchObject({ status: 200, text: 'ready\n' });
  const engine = await connectEngine({ port });
  onTestFinished(() => engine.destroy());
  const ack = engine.notify([message('slow')]);
  await until('the NOTIFY', () => isAsked);
  const closing = app.close();
  expect(await ask(observability, '/readyz')).toMatchObject({ status: 503, text: 'closing\n' });
  expect(await ask(observability, '/livez')).toMatchObject({ status: 200 });
  expect((await ask(observability, '/metrics')).text).toContain('spoa_ready 0\n');
  answered.resolve(undefined);
  await ack;
  await closing;
  expect(app.state).toBe('closed');
  expect(observability.adminAddress).toBeUndefined();
});

test('ends with the application, whatever its clients do', async () => {
  const { app, observability } = await create();
  await app.init();
  const { port } = observability.adminAddress as { port: number };
  const idle = connect({ port });
  const halfway = connect({ port });
  halfway.write('GET /metrics HTTP/1.1\r\nhost: x\r\n');
  const ends = [idle, halfway].map(async (socket) => {
    socket.on('error', () => undefined).resume();
    await new Promise((resolve) => socket.on('close', resolve));
  });
  await Promise.all([once(idle, 'connect'), once(halfway, 'connect')]);
  await app.close();
  await Promise.all(ends);
  const refused = connect({ port });
  expect(((await once(refused, 'error')) as [NodeJS.ErrnoException])[0].code).toBe('ECONNREFUSED');
});

test('an address that is taken stops the start, with a code', async () => {
  const taken = createServer();
  taken.listen(0, '127.0.0.1');
  await once(taken, 'listening');
  onTestFinished(() => void taken.close());
  const { port } = taken.address() as AddressInfo;
  const observability = new Observability({ admin: { port } });
  const app = await SpoaApplication.create({ controllers: [HelloController], logger: false, observability });
  const problem = {
    code: 'SPOA_LISTEN_FAILED',
    message: expect.stringMatching(/EADDRINUSE.*: stop it or choose another/),
  };
  await expect(app.listen({ port: 0 })).rejects.toMatchObject(problem);
  expect(app.state).toBe('closed');
  await app.close();
});

test('without one, the metrics are there as text', async () => {
  const observability = new Observability();
  const app = await SpoaApplication.create({ controllers: [HelloController], logger: false, observability });
  onTestFinished(() => app.close());
  expect(await observability.metrics()).toContain('spoa_messages_total{message="hello",outcome="ok"} 0\n');
});
