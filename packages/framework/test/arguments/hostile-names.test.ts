import { describe, expect, test } from 'vitest';
import { Arg, Args, defineMessage, type Message, SpoeMessage } from '../../src/index.ts';
import { FORMS } from '../support/forms.ts';
import { message, startApplication } from '../support/test-application.ts';

/** Names that mean something in JavaScript; HAProxy's configuration takes all of them. */
const HOSTILE = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'valueOf',
  'hasOwnProperty',
  'then',
  '__defineGetter__',
];

const untouched = () => {
  expect(Object.keys(Object.prototype)).toEqual([]);
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
};

test('__proto__ as the key of an argument is refused at boot: an object cannot have it', async () => {
  const controllers = [defineMessage({ name: 'm', args: { ['__proto__']: 'any' }, handle: () => {} })];
  await expect(startApplication({ controllers })).rejects.toMatchObject({
    faults: [{ code: 'SPOA_BOOT_ARGUMENT', where: 'message m, argument __proto__' }],
  });
});

const KEYS = HOSTILE.filter((name) => name !== '__proto__');

test.each(KEYS)('%s as the key of an argument is bound', async (name) => {
  const seen: unknown[] = [];
  const { notify } = await startApplication({
    controllers: [
      defineMessage({
        name: 'm',
        args: { [name]: { type: 'any', optional: true } },
        handle: (args) => void seen.push(Object.hasOwn(args, name), args[name], Object.getPrototypeOf(args)),
      }),
    ],
  });
  await notify(message('m', [name, Buffer.from('bytes')]));
  expect(seen).toEqual([true, Buffer.from('bytes'), Object.prototype]);
});

describe.each(HOSTILE)('%s', (name) => {
  test('as a message that nobody handles is unknown', async () => {
    const { app, notify } = await startApplication({ controllers: [] });
    const { actions } = await notify(message(name, ['polluted', true]));
    expect(actions).toEqual([]);
    expect([...app.unknownMessages]).toEqual([[name, 1]]);
    untouched();
  });

  test('as a message is handled', async () => {
    let calls = 0;
    class Controller {
      handle(): void {
        calls++;
      }
    }
    SpoeMessage(name)(Controller);
    const { app, notify } = await startApplication({ controllers: [Controller] });
    await notify(message(name), message(`${name}s`));
    expect(calls).toBe(1);
    expect([...app.unknownMessages]).toEqual([[`${name}s`, 1]]);
  });

  test.each(FORMS)('as an argument is bound: $name', async (form) => {
    const seen: unknown[] = [];
    const { app, notify } = await startApplication({
      controllers: [form.takes(name, { type: 'any', optional: true }, (value) => seen.push(value))],
    });
    await notify(message('m'));
    await notify(message('m', [name, 'value']));
    await notify(message('m', [name, Buffer.from('bytes')]));
    expect(seen).toEqual([undefined, 'value', Buffer.from('bytes')]);
    expect([...app.failures]).toEqual([]);
    untouched();
  });

  test('as a variable is set, and only when the handler set it', async () => {
    const { app, notify } = await startApplication({
      controllers: [
        defineMessage({ name: 'defined', vars: { [name]: 'session' }, handle: () => ({ [name]: 1 }) }),
        defineMessage({ name: 'silent', vars: { [name]: 'session' }, handle: () => ({}) }),
        defineMessage({ name: 'scopes', handle: () => {} }),
        scopesController(name),
      ],
    });
    const { actions } = await notify(message('defined'), message('silent'), message('by-scope'));
    expect([...app.failures]).toEqual([]);
    const expected = { type: 'set-var', scope: 'session', name, value: 1 };
    expect(actions).toEqual([expected, { ...expected, scope: 'transaction' }]);
    untouched();
  });

  test('as a scope is refused', async () => {
    @SpoeMessage('m')
    class Controller {
      handle(): object {
        return JSON.parse(`{ ${JSON.stringify(name)}: { "polluted": 1 } }`) as object;
      }
    }
    const { app, notify } = await startApplication({ controllers: [Controller] });
    expect((await notify(message('m'))).actions).toEqual([]);
    expect([...app.failures]).toEqual([['m SPOA_RESULT_INVALID', 1]]);
    untouched();
  });
});

function scopesController(name: string) {
  @SpoeMessage('by-scope')
  class ByScope {
    handle(): object {
      return { transaction: JSON.parse(`{ ${JSON.stringify(name)}: 1 }`) as object };
    }
  }
  return ByScope;
}

test('the whole message of hostile names is read through @Args', async () => {
  const seen: unknown[] = [];
  @SpoeMessage('m')
  class Reading {
    handle(@Args() args: Message, @Arg('constructor', { type: 'any', optional: true }) value: unknown): void {
      seen.push(
        args.get('__proto__'),
        args.has('toString'),
        [...args].map(({ name }) => name),
        value,
      );
    }
  }
  const { notify } = await startApplication({ controllers: [Reading] });
  await notify(message('m', ['__proto__', 1], ['', 2], ['__proto__', 3]));
  expect(seen).toEqual([1, false, ['__proto__', '', '__proto__'], undefined]);
});
