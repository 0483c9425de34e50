import { describe, expect, test } from 'vitest';
import { defineMessage } from '../../src/index.ts';
import { type Deferred, deferred } from '../support/deferred.ts';
import { message, startApplication } from '../support/test-application.ts';
import { until } from '../support/until.ts';

/** What a handler had when it was called, and what it was let go on with. */
interface Call {
  readonly body: Buffer;
  readonly gate: Deferred<void>;
  readonly signal: AbortSignal;
  isDone: boolean;
}

/** A message whose handler answers with its body, once it was let go on. */
async function startEcho(deadlineMs?: number) {
  const calls: Call[] = [];
  const { engine, notify } = await startApplication({
    controllers: [
      defineMessage({
        name: 'm',
        ...(deadlineMs !== undefined && { deadlineMs }),
        args: { body: 'lent' },
        vars: { echo: 'session' },
        async handle({ body }, { signal }) {
          const call: Call = { body, gate: deferred<void>(), signal, isDone: false };
          calls.push(call);
          await call.gate.promise;
          call.isDone = true;
          return { echo: body.subarray(0, 200) };
        },
      }),
    ],
  });
  return { calls, engine, notify };
}

const SIZES = [0, 1, 255, 256, 257, 4100, 14_000];

describe('what is lent', () => {
  test.each(SIZES)('is there behind an await, and empty when the message is answered: %d bytes', async (size) => {
    const { calls, notify } = await startEcho();
    const ack = notify(message('m', ['body', Buffer.alloc(size, 7)]));
    await until('the handler', () => calls.length === 1);
    const { body, gate } = calls[0] as Call;
    const part = body.subarray(0, 4);
    expect(body).toEqual(Buffer.alloc(size, 7));
    gate.resolve();
    expect((await ack).get('session', 'echo')).toEqual(Buffer.alloc(Math.min(size, 200), 7));
    expect([body.length, part.length]).toEqual([0, 0]);
  });

  test('is the memory of the next message, and no two have the same at a time', async () => {
    const { calls, notify } = await startEcho();
    for (let round = 0; round < 20; round++) {
      const bodies = Array.from({ length: 10 }, (_, i) =>
        Buffer.alloc(SIZES[i % SIZES.length] as number, round * 10 + i),
      );
      const acks = bodies.map((body) => notify(message('m', ['body', body])));
      await until('the handlers', () => calls.length === bodies.length);
      expect(calls.map(({ body }) => body)).toEqual(bodies);
      for (const { gate } of calls) gate.resolve();
      const echoes = (await Promise.all(acks)).map((ack) => ack.get('session', 'echo'));
      expect(echoes).toEqual(bodies.map((body) => body.subarray(0, 200)));
      expect(calls.map(({ body }) => body.length)).toEqual(bodies.map(() => 0));
      calls.length = 0;
    }
  });

  test('stays with a handler whose deadline is over', async () => {
    const { calls, notify } = await startEcho(5);
    await notify(message('m', ['body', Buffer.alloc(4100, 1)]));
    // What comes now gets other memory.
    const next = notify(message('m', ['body', Buffer.alloc(4100, 2)]));
    await until('the second handler', () => calls.length === 2);
    expect(calls.map(({ body }) => body)).toEqual([Buffer.alloc(4100, 1), Buffer.alloc(4100, 2)]);
    for (const { gate } of calls) gate.resolve();
    await next;
    await until('both handlers to be done', () => calls.every(({ isDone }) => isDone));
    expect(calls[0]?.body).toEqual(Buffer.alloc(4100, 1));
  });

  test('stays with a handler whose connection is gone', async () => {
    const { calls, engine, notify } = await startEcho();
    const ack = notify(message('m', ['body', Buffer.alloc(4100, 1)]));
    await until('the handler', () => calls.length === 1);
    engine.destroy();
    await expect(ack).rejects.toThrow();
    const call = calls[0] as Call;
    await until('the connection to be gone', () => call.signal.aborted);
    call.gate.resolve();
    await until('the handler to be done', () => call.isDone);
    expect(call.body).toEqual(Buffer.alloc(4100, 1));
  });

  test('is answered at once by a handler that does not wait, and empty then', async () => {
    const kept: Buffer[] = [];
    const { notify } = await startApplication({
      controllers: [
        defineMessage({
          name: 'm',
          args: { body: 'lent' },
          vars: { echo: 'session' },
          handle: ({ body }) => {
            kept.push(body);
            return { echo: body };
          },
        }),
      ],
    });
    for (const fill of [1, 2, 3]) {
      const ack = await notify(message('m', ['body', Buffer.alloc(300, fill)]));
      expect(ack.get('session', 'echo')).toEqual(Buffer.alloc(300, fill));
    }
    expect(kept.map(({ length }) => length)).toEqual([0, 0, 0]);
  });
});
