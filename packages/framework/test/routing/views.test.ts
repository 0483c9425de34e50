import { connectEngine } from '@spoa/core';
import { expect, onTestFinished, test } from 'vitest';
import { defineMessage, SpoaApplication } from '../../src/index.ts';
import { deferred } from '../support/deferred.ts';
import { message } from '../support/test-application.ts';
import { until } from '../support/until.ts';

test('a view that is returned is sent as it was, though the answer waits for another message', async () => {
  const pending: (() => void)[] = [];
  const app = await SpoaApplication.create({
    logger: false,
    controllers: [
      defineMessage({
        name: 'slow',
        handle() {
          const { promise, resolve } = deferred<void>();
          pending.push(() => resolve());
          return promise;
        },
      }),
      defineMessage({ name: 'echo', args: { a: 'view' }, vars: { v: 'session' }, handle: ({ a }) => ({ v: a }) }),
    ],
  });
  onTestFinished(() => app.close({ timeoutMs: 0, quietMs: 0 }));
  // A socket of our own: its reads share one buffer, which the stream pairs of other tests do not have.
  const { port } = (await app.listen({ port: 0, host: '127.0.0.1' })) as { port: number };
  const engine = await connectEngine({ port });
  onTestFinished(() => engine.destroy());
  const answers = ['first', 'other'].map((text) => engine.notify([message('slow'), message('echo', ['a', text])]));
  await until('the first two', () => pending.length === 2);
  // What was read is overwritten now.
  answers.push(engine.notify([message('slow'), message('echo', ['a', 'third'])]));
  await until('the third', () => pending.length === 3);
  for (const resolve of pending) resolve();
  const values = (await Promise.all(answers)).map((ack) => String(ack.get('session', 'v')));
  expect(values).toEqual(['first', 'other', 'third']);
});
