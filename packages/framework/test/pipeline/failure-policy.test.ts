import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import {
  Arg,
  Context,
  DeadlineError,
  defineMessage,
  type FailurePolicy,
  type NotifyContext,
  SetVar,
  SpoeMessage,
} from '../../src/index.ts';
import { deferred } from '../support/deferred.ts';
import { LEVEL } from '../support/recorded-log.ts';
import { message, startApplication } from '../support/test-application.ts';
import { until } from '../support/until.ts';

const POLICY = {
  fallback: { session: { score: 50, list: null }, transaction: { verdict: 'unknown' } },
  errorVar: { name: 'why', scope: 'transaction' },
} as const satisfies FailurePolicy;

const FALLBACK = [
  { type: 'set-var', scope: 'session', name: 'score', value: 50 },
  { type: 'unset-var', scope: 'session', name: 'list' },
  { type: 'set-var', scope: 'transaction', name: 'verdict', value: 'unknown' },
];

function why(value: string) {
  return { type: 'set-var', scope: 'transaction', name: 'why', value };
}

/** A message whose handler does this. */
function failing(handle: () => unknown, policy: FailurePolicy = POLICY, name = 'm') {
  return defineMessage({ name, ...policy, vars: { score: 'session' }, handle: handle as () => undefined });
}

class Coded extends Error {
  readonly code: unknown;

  constructor(code: unknown) {
    super('text of a client');
    this.code = code;
  }
}

describe('a message that fails sets its fallback, and tells why', () => {
  const cases: [what: string, handle: () => unknown, reason: string][] = [
    ['an error with a code', () => Promise.reject(new Coded('ECONNREFUSED')), 'ECONNREFUSED'],
    ['an error without one', () => fail(new Error('text')), 'error'],
    ['an error with a code that is a text', () => fail(new Coded('a text of a client')), 'error'],
    ['an error whose code is a number', () => fail(new Coded(7)), 'error'],
    ['something that is no error', () => fail('text'), 'error'],
    ['a rejection with nothing', () => Promise.reject(), 'error'],
    ['a value that no variable holds', () => ({ score: 0.5 }), 'SPOA_VARIABLE_INVALID'],
    ['one that comes later', async () => ({ score: 0.5 }), 'SPOA_VARIABLE_INVALID'],
    ['an answer that is too large', () => ({ score: 'x'.repeat(20_000) }), 'SPOA_ACK_TOO_BIG'],
    ['a result that is none', () => 5, 'SPOA_RESULT_INVALID'],
  ];

  test.each(cases)('%s', async (_, handle, reason) => {
    const { app, notify } = await startApplication({ controllers: [failing(handle)] });
    expect((await notify(message('m'))).actions).toEqual([...FALLBACK, why(reason)]);
    expect([...app.failures.values()]).toEqual([1]);
  });

  test.each([
    ['throws', () => fail(new Error('text'))],
    ['rejects', () => Promise.reject(new Error('text'))],
    ['has no result', () => 5],
    ['has no result later', async () => 5],
    ['is not done at its deadline', () => new Promise(() => undefined)],
  ])('and nothing that its handler has set by itself: one that %s', async (_, end) => {
    const { notify } = await startApplication({
      controllers: [
        defineMessage({
          name: 'm',
          fallback: POLICY.fallback,
          deadlineMs: 5,
          vars: { score: 'session' },
          handle(_args, context) {
            context.setVar('session', 'mine', 1);
            return end() as unknown as undefined;
          },
        }),
      ],
    });
    expect((await notify(message('m'))).actions).toEqual(FALLBACK);
  });

  test('an argument that is not there, in a class', async () => {
    @SpoeMessage('m', POLICY)
    class Failing {
      @SetVar('score', { scope: 'session' })
      handle(@Arg('ip', { type: 'ip' }) _ip: unknown): number {
        return 1;
      }
    }
    const { notify, log } = await startApplication({ controllers: [Failing] });
    expect((await notify(message('m'))).actions).toEqual([...FALLBACK, why('SPOA_ARGUMENT_MISSING')]);
    expect(log.loud.map(({ msg }) => msg)).toEqual([
      'the message failed and sets what its failure policy says (said once, then counted and logged at debug)',
    ]);
  });
});

function fail(error: unknown): never {
  throw error;
}

test('one that does not fail sets none of it', async () => {
  const { notify } = await startApplication({ controllers: [failing(() => ({ score: 1 }))] });
  expect((await notify(message('m'))).actions).toEqual([
    { type: 'set-var', scope: 'session', name: 'score', value: 1 },
  ]);
});

test("onError: 'empty' sets no fallback, and tells why where that is asked for", async () => {
  const boom = () => fail(new Error());
  const { notify } = await startApplication({
    failurePolicy: POLICY,
    controllers: [failing(boom, { onError: 'empty' }), failing(boom, { onError: 'fallback' }, 'n')],
  });
  expect((await notify(message('m'))).actions).toEqual([why('error')]);
  expect((await notify(message('n'))).actions).toEqual([...FALLBACK, why('error')]);
});

test("the application's own policy counts where a message says nothing, option by option", async () => {
  const boom = () => fail(new Error());
  const { notify } = await startApplication({
    failurePolicy: { ...POLICY, onError: 'empty' },
    controllers: [
      failing(boom, {}),
      failing(boom, { onError: 'fallback', fallback: { request: { own: true } } }, 'n'),
      failing(boom, { errorVar: { name: 'other', scope: 'process' } }, 'o'),
    ],
  });
  expect((await notify(message('m'))).actions).toEqual([why('error')]);
  expect((await notify(message('n'))).actions).toEqual([
    { type: 'set-var', scope: 'request', name: 'own', value: true },
    why('error'),
  ]);
  expect((await notify(message('o'))).actions).toEqual([
    { type: 'set-var', scope: 'process', name: 'other', value: 'error' },
  ]);
});

test('a fallback for which there is no room is left out, and that is told', async () => {
  const big = failing(() => fail(new Error()), { ...POLICY, fallback: { session: { big: 'x'.repeat(2000) } } });
  const { app, notify } = await startApplication({ controllers: [big] }, { maxFrameSize: 1024 });
  expect((await notify(message('m'))).actions).toEqual([why('error')]);
  expect([...app.failures]).toEqual([
    ['m Error', 1],
    ['m SPOA_ACK_TOO_BIG', 1],
  ]);
});

test('the messages of a NOTIFY fail each for itself, and answer in their order', async () => {
  const gate = deferred<void>();
  const simple = (name: string, value: number): FailurePolicy => ({ fallback: { session: { [name]: value } } });
  const controllers = [
    defineMessage({
      name: 'slow',
      vars: { slow: 'session' },
      handle: async () => {
        await gate.promise;
        return { slow: 1 };
      },
    }),
    failing(() => fail(new Error()), simple('sync', 2), 'sync'),
    failing(() => Promise.reject(new Error()), simple('async', 3), 'async'),
    defineMessage({ name: 'good', vars: { good: 'session' }, handle: () => ({ good: 4 }) }),
  ];
  const { notify } = await startApplication({ controllers });
  const answer = notify(message('sync'), message('slow'), message('sync'), message('async'), message('good'));
  gate.resolve();
  expect((await answer).actions.map((action) => [action.name, 'value' in action && action.value])).toEqual([
    ['sync', 2],
    ['slow', 1],
    ['sync', 2],
    ['async', 3],
    ['good', 4],
  ]);
});

describe('an application that closes waits for nobody for ever', () => {
  const closing = { timeoutMs: 20, quietMs: 0 };

  /** A message whose handler is done when it is told to. */
  function endless(policy: FailurePolicy) {
    const gate = deferred<{ score: number }>();
    const began = deferred<undefined>();
    const handle = () => {
      began.resolve(undefined);
      return gate.promise;
    };
    return { never: failing(handle, policy), began: began.promise, end: () => gate.resolve({ score: 1 }) };
  }

  test('a handler that is not done: its message fails, and what it does later is dropped', async () => {
    const { never, began, end } = endless(POLICY);
    const { app, notify, log } = await startApplication({ controllers: [never] });
    const answer = notify(message('m'));
    await began;
    const closed = app.close(closing);
    expect((await answer).actions).toEqual([...FALLBACK, why('SPOA_AGENT_CLOSED')]);
    await closed;
    end();
    await nextTurn();
    expect([...app.failures]).toEqual([['m SPOA_AGENT_CLOSED', 1]]);
    expect(log.loud).toHaveLength(1);
  });

  test('without a policy it sets nothing', async () => {
    const { never, began } = endless({});
    const { app, notify } = await startApplication({ controllers: [never] });
    const answer = notify(message('m'));
    await began;
    const closed = app.close(closing);
    expect((await answer).actions).toEqual([]);
    await closed;
  });

  test('of several messages, those that are done answer as ever, in their order', async () => {
    const quick = defineMessage({ name: 'quick', vars: { a: 'session' }, handle: () => ({ a: 1 }) });
    const later = defineMessage({ name: 'later', vars: { b: 'session' }, handle: async () => ({ b: 2 }) });
    const gone = failing(
      () => Promise.reject(new Coded('GONE')),
      { errorVar: { name: 'c', scope: 'session' } },
      'gone',
    );
    const { never, began } = endless(POLICY);
    const { app, notify } = await startApplication({ controllers: [quick, later, gone, never] });
    const answer = notify(...['quick', 'm', 'later', 'quick', 'gone'].map((name) => message(name)));
    await began;
    await nextTurn();
    const closed = app.close(closing);
    const set = (name: string, value: unknown) => ({ type: 'set-var', scope: 'session', name, value });
    expect((await answer).actions).toEqual([
      set('a', 1),
      ...FALLBACK,
      why('SPOA_AGENT_CLOSED'),
      set('b', 2),
      set('a', 1),
      set('c', 'GONE'),
    ]);
    await closed;
  });
});

describe('a deadline', () => {
  test('lets the ACK leave with the fallback, fires the signal, and drops and counts what comes late', async () => {
    const gate = deferred<number>();
    let seen: NotifyContext | undefined;

    @SpoeMessage('m', { ...POLICY, deadlineMs: 5 })
    class Slow {
      @SetVar('score', { scope: 'session' })
      handle(@Context() notify: NotifyContext): Promise<number> {
        seen = notify;
        notify.signal.addEventListener('abort', () => {});
        return gate.promise;
      }
    }
    const { app, notify, log } = await startApplication({ controllers: [Slow] });
    expect((await notify(message('m'))).actions).toEqual([...FALLBACK, why('deadline')]);
    expect(seen?.signal.aborted).toBe(true);
    expect(seen?.signal.reason).toBeInstanceOf(DeadlineError);
    expect([...app.failures]).toEqual([['m SPOA_DEADLINE_EXCEEDED', 1]]);
    expect([...app.lateResults]).toEqual([]);
    gate.resolve(1);
    await until('the late result', () => app.lateResults.get('m') === 1);
    expect(log.lines(LEVEL.error)).toHaveLength(1);
  });

  test('swallows a late rejection, and counts it too', async () => {
    const gate = deferred<void>();
    const { app, notify } = await startApplication({ controllers: [failing(() => gate.promise, { deadlineMs: 5 })] });
    expect((await notify(message('m'))).actions).toEqual([]);
    gate.reject(new Error('late'));
    await until('the late rejection', () => app.lateResults.get('m') === 1);
    expect([...app.failures.keys()]).toEqual(['m SPOA_DEADLINE_EXCEEDED']);
  });

  test('is no matter to who is in time, nor to who does not take any', async () => {
    const prompt = failing(async () => ({ score: 1 }), { deadlineMs: 60_000 });
    const sync = failing(() => ({ score: 2 }), { deadlineMs: 60_000 }, 'n');
    const broken = failing(() => Promise.reject(new Coded('OWN')), { ...POLICY, deadlineMs: 60_000 }, 'o');
    const { app, notify } = await startApplication({ controllers: [prompt, sync, broken] });
    expect((await notify(message('m'))).get('session', 'score')).toBe(1);
    expect((await notify(message('n'))).get('session', 'score')).toBe(2);
    expect((await notify(message('o'))).get('transaction', 'why')).toBe('OWN');
    expect(app.lateResults.size).toBe(0);
  });

  test('of the application is that of each message without one', async () => {
    const never = () => new Promise(() => {});
    const { notify } = await startApplication({
      failurePolicy: { ...POLICY, deadlineMs: 5 },
      controllers: [
        failing(never, {}),
        failing(() => sleep(20).then(() => ({ score: 1 })), { deadlineMs: 60_000 }, 'n'),
      ],
    });
    expect((await notify(message('m'))).get('transaction', 'why')).toBe('deadline');
    expect((await notify(message('n'))).get('session', 'score')).toBe(1);
  });

  test('of one message costs the others of its NOTIFY nothing: the signal fires when nobody is waited for', async () => {
    const gate = deferred<void>();
    const aborted: boolean[] = [];
    const never = failing(() => new Promise(() => {}), { fallback: { session: { a: 1 } }, deadlineMs: 5 }, 'never');
    const patient = defineMessage({
      name: 'patient',
      vars: { b: 'session' },
      deadlineMs: 60_000,
      handle: async (_, notify) => {
        await gate.promise;
        aborted.push(notify.signal.aborted);
        return { b: 2 };
      },
    });
    let context: NotifyContext | undefined;
    const watcher = defineMessage({
      name: 'watcher',
      handle: (_, notify) => {
        context = notify;
      },
    });
    const { app, notify } = await startApplication({ controllers: [never, patient, watcher] });
    const answer = notify(message('watcher'), message('never'), message('patient'));
    await until('the handlers', () => context !== undefined);
    await sleep(20);
    gate.resolve();
    const ack = await answer;
    expect([ack.get('session', 'a'), ack.get('session', 'b')]).toEqual([1, 2]);
    expect(aborted).toEqual([false]);
    expect(context?.signal.aborted).toBe(true);
    expect(app.failures.get('never SPOA_DEADLINE_EXCEEDED')).toBe(1);
  });

  test('of many at once: those in time are answered, and each of the others when its own is over', async () => {
    const gate = deferred<{ score: number }>();
    let next = 0;
    const handle = async () => {
      const number = next++;
      if (number % 3 === 1) return gate.promise;
      for (let turn = number; turn < 30; turn++) await nextTurn();
      return { score: number };
    };
    const { app, notify } = await startApplication({ controllers: [failing(handle, { ...POLICY, deadlineMs: 500 })] });
    const scores = await Promise.all(
      Array.from({ length: 30 }, async () => (await notify(message('m'))).get('session', 'score')),
    );
    expect(scores).toEqual(scores.map((_, i) => (i % 3 === 1 ? 50 : i)));
    expect([...app.failures]).toEqual([['m SPOA_DEADLINE_EXCEEDED', 10]]);
    gate.resolve({ score: 0 });
    await until('the late ones', () => app.lateResults.get('m') === 10);
  });
});
