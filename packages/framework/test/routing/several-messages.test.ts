import { encodeNotify, type WritableMessage } from '@spoa/core';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Arg, Context, defineMessage, type NotifyContext, SetVar, SpoeMessage } from '../../src/index.ts';
import { type Deferred, deferred } from '../support/deferred.ts';
import { connect, message, startApplication } from '../support/test-application.ts';
import { until } from '../support/until.ts';

@SpoeMessage('now')
class Now {
  @SetVar('v', { scope: 'session' })
  handle(@Arg('v') value: number): number {
    return value;
  }
}

@SpoeMessage('later')
class Later {
  @SetVar('v', { scope: 'session' })
  async handle(@Arg('v') value: number): Promise<number> {
    await new Promise(setImmediate);
    return value;
  }
}

@SpoeMessage('throws')
class Throws {
  handle(): void {
    throw new Error('thrown');
  }
}

@SpoeMessage('rejects')
class Rejects {
  async handle(): Promise<void> {
    throw new Error('rejected');
  }
}

@SpoeMessage('rejects-later')
class RejectsLater {
  async handle(): Promise<void> {
    await new Promise(setImmediate);
    throw new Error('rejected');
  }
}

/** Sets a variable, and then one that cannot be. */
@SpoeMessage('half')
class Half {
  handle(@Arg('later', { default: false }) later: boolean): object {
    const result = { session: { half: 1, bad: 0.5 } };
    return later ? Promise.resolve(result) : result;
  }
}

const CONTROLLERS = [Now, Later, Throws, Rejects, RejectsLater, Half];

/** The values of the variable `v` that the ACK sets, in its order; every other variable by its name. */
async function values(...messages: WritableMessage[]) {
  const { app, notify } = await startApplication({ controllers: CONTROLLERS });
  const { actions } = await notify(...messages);
  const set = actions.map((action) => (action.type === 'set-var' && action.name === 'v' ? action.value : action.name));
  return { set, failures: Object.fromEntries(app.failures) };
}

const now = (value: number) => message('now', ['v', value]);
const later = (value: number) => message('later', ['v', value]);

describe('several messages in one NOTIFY', () => {
  test.each([
    ['at once', [now(1), now(2), now(3)]],
    ['all later', [later(1), later(2), later(3)]],
    ['now, then later', [now(1), now(2), later(3)]],
    ['later, then now', [later(1), now(2), now(3)]],
    ['later, between now', [now(1), later(2), now(3)]],
    ['now, between later', [later(1), now(2), later(3)]],
  ])('are answered in their order: %s', async (_name, messages) => {
    expect(await values(...messages)).toEqual({ set: [1, 2, 3], failures: {} });
  });

  test('are answered in their order whichever is done first', async () => {
    const pending = new Map<number, Deferred<{ v: number }>>();
    const controllers = [
      defineMessage({
        name: 'pending',
        args: { v: 'number' },
        vars: { v: 'session' },
        handle({ v }) {
          const done = deferred<{ v: number }>();
          pending.set(v, done);
          return done.promise;
        },
      }),
    ];
    const { notify } = await startApplication({ controllers });
    const ack = notify(...[1, 2, 3].map((v) => message('pending', ['v', v])));
    await until('the handlers', () => pending.size === 3);
    for (const v of [3, 1, 2]) pending.get(v)?.resolve({ v });
    expect((await ack).actions.map((action) => action.type === 'set-var' && action.value)).toEqual([1, 2, 3]);
  });

  test.each(['throws', 'rejects', 'rejects-later'])('one that %s sets nothing, the others do', async (name) => {
    const failing = message(name);
    const failures = { [`${name} Error`]: 1 };
    expect(await values(failing, now(2), now(3))).toEqual({ set: [2, 3], failures });
    expect(await values(now(1), failing, now(3))).toEqual({ set: [1, 3], failures });
    expect(await values(now(1), failing, later(3))).toEqual({ set: [1, 3], failures });
    expect(await values(later(1), failing, now(3))).toEqual({ set: [1, 3], failures });
    expect(await values(later(1), later(2), failing)).toEqual({ set: [1, 2], failures });
  });

  test.each([false, true])(
    'one whose result is half right sets nothing of it, the others do (later: %s)',
    async (isLater) => {
      const half = message('half', ['later', isLater]);
      const failures = { 'half SPOA_VARIABLE_INVALID': 1 };
      expect(await values(now(1), half, now(3))).toEqual({ set: [1, 3], failures });
      expect(await values(half, later(2), now(3))).toEqual({ set: [2, 3], failures });
      expect(await values(later(1), half, now(3))).toEqual({ set: [1, 3], failures });
    },
  );

  test('one whose argument does not fit sets nothing, the others do', async () => {
    expect(await values(now(1), message('now', ['v', 'text']), message('now'), later(4))).toEqual({
      set: [1, 4],
      failures: { 'now SPOA_ARGUMENT_TYPE': 1, 'now SPOA_ARGUMENT_MISSING': 1 },
    });
  });

  test('one that nobody handles is passed over', async () => {
    expect(await values(now(1), message('stranger', ['v', 2]), later(3))).toEqual({ set: [1, 3], failures: {} });
  });

  test('the same message twice is handled twice', async () => {
    expect(await values(now(1), now(1))).toEqual({ set: [1, 1], failures: {} });
  });

  test('none at all gets its ACK', async () => {
    expect(await values()).toEqual({ set: [], failures: {} });
  });

  test.each([
    ['now', (v: string) => ({ v })],
    ['later', (v: string) => Promise.resolve({ v })],
  ])(
    'one that does not fit into the ACK any more sets nothing, smaller ones behind it do: %s',
    async (_name, answer) => {
      const controllers = [
        defineMessage({
          name: 'm',
          args: { size: 'number' },
          vars: { v: 'session' },
          handle: ({ size }) => answer('x'.repeat(size)),
        }),
      ];
      const { app, engine, notify } = await startApplication({ controllers });
      const sizes = [10_000, 10_000, 100, 5_900, 1_000];
      const { actions } = await notify(...sizes.map((size) => message('m', ['size', size])));
      const set = actions.map((action) => (action.type === 'set-var' ? String(action.value).length : -1));
      expect(set).toEqual([10_000, 100, 5_900]);
      expect(Object.fromEntries(app.failures)).toEqual({ 'm SPOA_ACK_TOO_BIG': 2 });
      expect(engine.violations).toEqual([]);
    },
  );

  test('as many as a frame holds are answered, later too', async () => {
    const answered: number[] = [];
    const controllers = [
      defineMessage({ name: 'n', handle: () => void answered.push(1) }),
      defineMessage({ name: 'l', handle: async () => void answered.push(1) }),
    ];
    const { engine } = await startApplication({ controllers }, { maxFrameSize: 1_000_000, timeoutMs: 20_000 });
    for (const name of ['n', 'l']) {
      answered.length = 0;
      // 3 bytes each: the length of the name, the name, no arguments.
      const payload = Buffer.concat(Array.from({ length: 300_000 }, () => Buffer.from([1, name.charCodeAt(0), 0])));
      const { actions } = await engine.notify(payload);
      expect(actions).toEqual([]);
      expect(answered).toHaveLength(300_000);
    }
  });
});

describe('NOTIFYs at the same time', () => {
  test('do not mix, whichever is done first', async () => {
    const { engine } = await startApplication({ controllers: CONTROLLERS });
    const acks = await Promise.all(
      Array.from({ length: 100 }, (_, i) => engine.notify([i % 3 === 0 ? now(i) : later(i), now(i + 1000)])),
    );
    expect(acks.map(({ actions }) => actions.map((action) => action.type === 'set-var' && action.value))).toEqual(
      Array.from({ length: 100 }, (_, i) => [i, i + 1000]),
    );
    expect(engine.violations).toEqual([]);
  });

  test('whose bytes come in one chunk keep their own arguments while they wait', async () => {
    const { app } = await startApplication({ controllers: CONTROLLERS });
    const { engine } = await connect(app);
    const ids = Array.from({ length: 50 }, (_, i) => ({ streamId: 2 * i + 1, frameId: 1 }));
    const acks = ids.map((each) => engine.expect(each));
    const frames = ids.flatMap((each, i) => encodeNotify(each, [i % 2 === 0 ? later(i) : now(i)]));
    await engine.sendRaw(Buffer.concat(frames));
    const answers = await Promise.all(acks);
    expect(answers.map((ack) => ack.get('session', 'v'))).toEqual(ids.map((_, i) => i));
  });
});

describe('variables set by hand', () => {
  const byHand = (fails: boolean, isLater: boolean) =>
    defineMessage({
      name: 'by-hand',
      handle(_args, notify) {
        notify.setVar('session', 'by_hand', 1);
        if (isLater) return fails ? Promise.reject(new Error('late')) : Promise.resolve();
        if (fails) throw new Error('at once');
      },
    });

  test('stand where they were set, before what the handler returns', async () => {
    @SpoeMessage('both')
    class Both {
      @SetVar('returned', { scope: 'session' })
      handle(@Context() notify: NotifyContext): number {
        notify.setVar('transaction', 'by_hand', 'x');
        notify.unsetVar('request', 'gone');
        return 1;
      }
    }
    const { notify } = await startApplication({ controllers: [Both, Now] });
    const { actions } = await notify(now(0), message('both'));
    expect(actions.map(({ name }) => name)).toEqual(['v', 'by_hand', 'gone', 'returned']);
  });

  test('stand behind those of a message before, though that takes its time', async () => {
    const { notify } = await startApplication({ controllers: [Later, byHand(false, false), Now] });
    const { actions } = await notify(later(1), message('by-hand'), now(2));
    expect(actions.map((action) => action.type === 'set-var' && [action.name, action.value])).toEqual([
      ['v', 1],
      ['by_hand', 1],
      ['v', 2],
    ]);
  });

  test('are taken back when the handler throws', async () => {
    const { notify } = await startApplication({ controllers: [byHand(true, false), Now] });
    const { actions } = await notify(now(1), message('by-hand'), now(2));
    expect(actions.map(({ name }) => name)).toEqual(['v', 'v']);
  });

  test('stay when the handler fails later: others have written behind them', async () => {
    const { notify } = await startApplication({ controllers: [byHand(true, true), Now] });
    const { actions } = await notify(message('by-hand'), now(2));
    expect(actions.map(({ name }) => name)).toEqual(['by_hand', 'v']);
  });

  test('too late throw, in the handler alone', async () => {
    const { promise, resolve } = deferred<void>();
    let caught: unknown;
    let kept: NotifyContext | undefined;
    const controllers = [
      defineMessage({
        name: 'keeps',
        handle(_args, notify) {
          kept = notify;
          void promise.then(() => {
            try {
              notify.setVar('session', 'v', 1);
            } catch (error) {
              caught = error;
            }
          });
        },
      }),
    ];
    const { notify } = await startApplication({ controllers });
    await notify(message('keeps'));
    resolve();
    await until('the handler', () => caught !== undefined);
    expect(caught).toMatchObject({ code: 'SPOA_NOTIFY_SETTLED' });
    expect(kept?.settled).toBe(true);
  });
});

describe('a handler that outlives its connection', () => {
  test.each(['resolves', 'rejects', 'sets by hand'])('and %s is not heard, and nobody complains', async (how) => {
    const unhandled: unknown[] = [];
    const listener = (reason: unknown) => void unhandled.push(reason);
    process.on('unhandledRejection', listener);
    onTestFinished(() => void process.off('unhandledRejection', listener));

    const { promise, resolve } = deferred<void>();
    const waiting: NotifyContext[] = [];
    let done = 0;
    const controllers = [
      defineMessage({
        name: 'slow',
        vars: { v: 'session' },
        async handle(_args, notify) {
          waiting.push(notify);
          try {
            await promise;
            if (how === 'rejects') throw new Error('too late');
            if (how === 'sets by hand') notify.setVar('session', 'v', 1);
            return { v: 1 };
          } finally {
            done++;
          }
        },
      }),
    ];
    const { app, log, engine } = await startApplication({ controllers });
    const answers = [engine.notify([message('slow')]), engine.notify([message('slow'), message('slow')])];
    await until('the handlers', () => waiting.length === 3);
    const signal = waiting[0]?.signal;
    engine.destroy();
    for (const answer of answers) await expect(answer).rejects.toMatchObject({ code: 'SPOA_DISCONNECTED' });
    await until('the end of the connection', () => waiting.every(({ settled }) => settled));
    expect(signal?.aborted).toBe(true);
    const linesBefore = log.lines().length;
    resolve();
    await until('the handlers to end', () => done === 3);
    await new Promise(setImmediate);
    expect(unhandled).toEqual([]);
    expect([...app.failures]).toEqual([]);
    expect(log.lines()).toHaveLength(linesBefore);
    // The application lives on.
    const { engine: another } = await connect(app);
    await another.notify([message('slow')]);
  });

  test('because the application closes gets an empty ACK, is told of once, and what it returns is not heard', async () => {
    const { promise, resolve } = deferred<{ v: number }>();
    let waiting = false;
    const controllers = [
      defineMessage({
        name: 'slow',
        vars: { v: 'session' },
        handle() {
          waiting = true;
          return promise;
        },
      }),
    ];
    const { app, log, notify } = await startApplication({ controllers });
    const answer = notify(message('slow'));
    await until('the handler', () => waiting);
    await app.close({ timeoutMs: 0 });
    expect((await answer).actions).toEqual([]);
    const failure = { level: 50, message: 'slow', err: { code: 'SPOA_AGENT_CLOSED' } };
    expect(log.loud).toMatchObject([failure]);
    resolve({ v: 1 });
    await new Promise(setImmediate);
    expect(log.loud).toHaveLength(1);
    expect([...app.failures]).toEqual([['slow SPOA_AGENT_CLOSED', 1]]);
  });
});

test('what happened before an unhandled rejection could does not: a later message that throws', async () => {
  const unhandled: unknown[] = [];
  const listener = (reason: unknown) => void unhandled.push(reason);
  process.on('unhandledRejection', listener);
  onTestFinished(() => void process.off('unhandledRejection', listener));
  const odd = Object.assign(new Error('odd'), { code: Object.create(null) as unknown });
  const controllers = [
    Rejects,
    defineMessage({
      name: 'odd',
      handle() {
        throw odd;
      },
    }),
  ];
  const { app, notify } = await startApplication({ controllers });
  await notify(message('rejects'), message('odd'), message('rejects'));
  await new Promise(setImmediate);
  expect(unhandled).toEqual([]);
  expect(Object.fromEntries(app.failures)).toEqual({ 'rejects Error': 2, 'odd Error': 1 });
});
