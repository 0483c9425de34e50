import { IpAddress } from '@spoa/core';
import { describe, expect, test } from 'vitest';
import { type Class, int64, SpoeMessage, Var, type VariablesByScope } from '../../src/index.ts';
import { message, startApplication } from '../support/test-application.ts';

/** A controller of the message `m` without `@SetVar`. */
function returning(result: () => unknown): Class {
  @SpoeMessage('m')
  class Returning {
    handle(): unknown {
      return result();
    }
  }
  return Returning;
}

/** What the results become, in one application, one message after the other. */
async function answers(...results: unknown[]) {
  let next = 0;
  const { app, notify, log } = await startApplication({ controllers: [returning(() => results[next++])] });
  const actions: string[][] = [];
  for (const _ of results) {
    const ack = await notify(message('m'));
    actions.push(
      ack.actions.map((action) =>
        action.type === 'set-var'
          ? `${action.scope} ${action.name} = ${String(action.value)}`
          : `unset ${action.scope} ${action.name}`,
      ),
    );
  }
  return { actions, failures: Object.fromEntries(app.failures), log };
}

describe('variables by scope', () => {
  test('are set in the order of the object', async () => {
    const result: VariablesByScope = {
      transaction: { list: 'drop', reason: undefined, old: null },
      session: { ip_score: int64(10), ip: IpAddress.v4(1) },
      process: { 'with.dots_and_1': true },
      request: {},
      response: { v: Buffer.from('x') },
    };
    expect(await answers(result)).toMatchObject({
      failures: {},
      actions: [
        [
          'transaction list = drop',
          'unset transaction old',
          'session ip_score = 10',
          'session ip = 0.0.0.1',
          'process with.dots_and_1 = true',
          'response v = x',
        ],
      ],
    });
  });

  test('nothing, at any level, sets nothing', async () => {
    const results = [undefined, null, {}, { session: undefined }, { session: null }, { session: {} }];
    expect(await answers(...results)).toMatchObject({ failures: {}, actions: results.map(() => []) });
  });

  test('objects without a prototype count, at both levels', async () => {
    const bare = (entries: object) => Object.assign(Object.create(null) as object, entries);
    expect(await answers(bare({ session: bare({ v: 1, constructor: 2 }) }))).toMatchObject({
      failures: {},
      actions: [['session v = 1', 'session constructor = 2']],
    });
  });

  test('names that a handler makes up stay right beyond those that are kept', async () => {
    const results = Array.from({ length: 600 }, (_, i) => ({ session: { [`v${i % 300}`]: i } }));
    const { actions, failures } = await answers(...results);
    expect(failures).toEqual({});
    expect(actions).toEqual(results.map((_, i) => [`session v${i % 300} = ${i}`]));
  });

  test('one handler may return now this, now that', async () => {
    expect(
      await answers(
        { session: { a: 1 } },
        undefined,
        { transaction: { a: 2 } },
        Promise.resolve({ session: { a: 3 } }),
      ),
    ).toMatchObject({ failures: {}, actions: [['session a = 1'], [], ['transaction a = 2'], ['session a = 3']] });
  });

  test.each([
    ['ip_score', { ip_score: 1 }],
    ['sess', { sess: { v: 1 } }],
    ['Session', { Session: { v: 1 } }],
  ])('a key that is no scope fails, and the key is named: %s', async (key, result) => {
    const { actions, failures, log } = await answers(result);
    expect(actions).toEqual([[]]);
    expect(failures).toEqual({ 'm SPOA_RESULT_INVALID': 1 });
    expect(log.loud[0]?.err?.message).toContain(JSON.stringify(key));
  });

  test('an own key `constructor` is a key like any other', async () => {
    for (const value of [1, 'text', {}, null, () => {}]) {
      const { failures } = await answers({ constructor: value });
      expect(failures).toEqual({ 'm SPOA_RESULT_INVALID': 1 });
    }
  });

  test.each([
    ['a number', 1],
    ['a string', 'S3CRET'],
    ['an array', ['S3CRET']],
    ['bytes', Buffer.from('S3CRET')],
    ['an address', IpAddress.v4(1)],
    ['an explicit type', int64(1)],
    ['a boolean', false],
  ])('%s where variables of a scope belong fails, and sets none', async (_what, value) => {
    const { actions, failures, log } = await answers({ session: value });
    expect(actions).toEqual([[]]);
    expect(failures).toEqual({ 'm SPOA_RESULT_INVALID': 1 });
    expect(log.texts().join()).not.toContain('S3CRET');
  });

  test('a name that HAProxy would refuse fails', async () => {
    for (const name of ['', 'with-dash', 'with space', 'ä', 'x'.repeat(64)]) {
      const { actions, failures } = await answers({ session: { good: 1, [name]: 1 } });
      expect(actions).toEqual([[]]);
      expect(failures).toEqual({ 'm SPOA_NAME_INVALID': 1 });
    }
  });
});

describe('a result that names no variable fails', () => {
  test.each([
    ['a number', 1],
    ['a string', 'S3CRET'],
    ['true', true],
    ['a bigint', 1n],
    ['a symbol', Symbol('S3CRET')],
    ['a function', () => 'S3CRET'],
    ['an array', [{ session: { v: 'S3CRET' } }]],
    ['bytes', Buffer.from('S3CRET')],
    ['an address', IpAddress.v4(1)],
    ['an explicit type', int64(1)],
    ['a Map', new Map([['session', { v: 'S3CRET' }]])],
    ['a Date', new Date(0)],
    [
      'an object of a class without @Var',
      new (class Verdict {
        session = { v: 'S3CRET' };
      })(),
    ],
  ])('%s', async (_what, value) => {
    const { actions, failures, log } = await answers(value, Promise.resolve(value));
    expect(actions).toEqual([[], []]);
    expect(failures).toEqual({ 'm SPOA_RESULT_INVALID': 2 });
    expect(log.texts().join()).not.toContain('S3CRET');
  });

  test('and says what kind of thing it was', async () => {
    expect((await answers(1)).log.loud[0]?.err?.message).toContain('a number');
    expect((await answers(new Map())).log.loud[0]?.err?.message).toContain('a Map');
  });
});

describe('a result class', () => {
  class Verdict {
    @Var('session') ip_score: number | undefined;
    @Var('transaction', { name: 'ip_list' }) list?: string | null;
    /** Not a variable. */
    note = 'S3CRET';

    constructor(score?: number, list?: string | null) {
      this.ip_score = score;
      if (list !== undefined) this.list = list;
    }
  }

  test('sets a variable for each @Var', async () => {
    expect(
      await answers(new Verdict(10, 'drop'), Promise.resolve(new Verdict(20)), new Verdict(30, null)),
    ).toMatchObject({
      failures: {},
      actions: [
        ['session ip_score = 10', 'transaction ip_list = drop'],
        ['session ip_score = 20'],
        ['session ip_score = 30', 'unset transaction ip_list'],
      ],
    });
  });

  test('may compute a variable', async () => {
    class Computed {
      @Var('session') get v(): number {
        return 42;
      }
    }
    expect((await answers(new Computed())).actions).toEqual([['session v = 42']]);
  });

  test('passes its variables on to a class that extends it', async () => {
    class Detailed extends Verdict {
      @Var('request') reason = 'why';
    }
    class Renamed extends Detailed {}
    expect(await answers(new Detailed(1, 'drop'), new Renamed(2))).toMatchObject({
      failures: {},
      actions: [
        ['session ip_score = 1', 'transaction ip_list = drop', 'request reason = why'],
        ['session ip_score = 2', 'request reason = why'],
      ],
    });
    expect((await answers(new Verdict(3))).actions).toEqual([['session ip_score = 3']]);
  });

  test('that declares a property of its base anew sets it once, as it says', async () => {
    class Elsewhere extends Verdict {
      @Var('process', { name: 'score' }) override ip_score = 7;
    }
    expect((await answers(new Elsewhere(1, 'drop'), new Verdict(2, 'drop'))).actions).toEqual([
      ['transaction ip_list = drop', 'process score = 7'],
      ['session ip_score = 2', 'transaction ip_list = drop'],
    ]);
  });

  test('may set two variables from one property', async () => {
    class Twice {
      @Var('session') @Var('transaction', { name: 'again' }) v = 1;
    }
    expect((await answers(new Twice())).actions[0]?.toSorted()).toEqual(['session v = 1', 'transaction again = 1']);
  });

  test('fails whole, naming the variable, when one of its values cannot be sent', async () => {
    class Mixed {
      @Var('session') good = 1;
      @Var('session') bad = 0.5;
      @Var('session') fine = 2;
    }
    const { actions, failures, log } = await answers(new Mixed());
    expect(actions).toEqual([[]]);
    expect(failures).toEqual({ 'm SPOA_VARIABLE_INVALID': 1 });
    expect(log.loud[0]?.err?.message).toContain('session variable bad');
  });

  test('with a variable that HAProxy would refuse throws where it is written', () => {
    const decorate = (scope: string, name: string) => () => {
      class Refused {
        @Var(scope as 'session', { name }) score = 1;
      }
      return Refused;
    };
    expect(decorate('sesion', 'v')).toThrow(/@Var on Refused\.score: there is no scope sesion/);
    expect(decorate('session', 'ip-score')).toThrow(/@Var on Refused\.score: .*"ip-score"/);
    expect(decorate('session', 'ip-score')).toThrow(expect.objectContaining({ code: 'SPOA_DECORATOR_MISUSED' }));
  });
});
