import { IpAddress } from '@spoa/core';
import { describe, expect, test } from 'vitest';
import { Arg, type Class, defineMessage, SpoeMessage } from '../../src/index.ts';
import { FORMS } from '../support/forms.ts';
import { message, startApplication } from '../support/test-application.ts';

describe.each(FORMS)('$name', (form) => {
  test('of arguments with one name the first counts, wherever it stands and stood before', async () => {
    const seen: unknown[] = [];
    const { notify } = await startApplication({
      controllers: [form.takes('ip', { type: 'any' }, (value) => seen.push(value))],
    });
    await notify(message('m', ['x', 0], ['y', 0], ['ip', 1]));
    await notify(message('m', ['ip', 2], ['x', 0], ['ip', 3]));
    await notify(message('m', ['x', 0], ['ip', 4], ['ip', 5]));
    await notify(message('m', ['ip', null], ['ip', 6]));
    expect(seen).toEqual([1, 2, 4, null]);
  });

  test('an argument without a name is found by its position, a named one too', async () => {
    for (const [position, expected] of [
      [0, 'first'],
      [1, 'second'],
      [2, 'third'],
    ] as const) {
      const seen: unknown[] = [];
      const { notify } = await startApplication({
        controllers: [form.takes(position, { type: 'string' }, (value) => seen.push(value))],
      });
      await notify(message('m', ['', 'first'], ['name', 'second'], ['', 'third']));
      expect(seen).toEqual([expected]);
    }
  });

  test('a position beyond the last argument has no value, even where another message follows', async () => {
    const seen: unknown[] = [];
    const { app, notify } = await startApplication({
      controllers: [form.takes(1, { type: 'any', optional: true }, (value) => seen.push(value))],
    });
    await notify(message('m', ['', 'mine']), message('m', ['', 'x'], ['', 'y']));
    expect(seen).toEqual([undefined, 'y']);
    expect([...app.failures]).toEqual([]);
  });

  test('position 254 is the last there can be', async () => {
    const seen: unknown[] = [];
    const { notify } = await startApplication({
      controllers: [form.takes(254, { type: 'number' }, (value) => seen.push(value))],
    });
    await notify(message('m', ...Array.from({ length: 255 }, (_, i): [string, number] => ['', i])));
    expect(seen).toEqual([254]);
  });

  test('a name is looked for in its own message only', async () => {
    const seen: unknown[] = [];
    const { notify } = await startApplication({
      controllers: [form.takes('a', { type: 'any', optional: true }, (value) => seen.push(value))],
    });
    await notify(message('m', ['b', 1]), message('m', ['a', 2]), message('m'));
    expect(seen).toEqual([undefined, 2, undefined]);
  });
});

/** A controller whose handler takes `count` arguments, `a0` and so on. */
function controllerOf(count: number, seen: (values: unknown[]) => void): Class {
  class Many {
    handle(...values: unknown[]): void {
      seen(values);
    }
  }
  for (let i = 0; i < count; i++) Arg(`a${i}`, { type: 'number' })(Many.prototype, 'handle', i);
  SpoeMessage('m')(Many);
  return Many;
}

test.each(Array.from({ length: 21 }, (_, i) => i))(
  '%i parameters get their own arguments, in any order',
  async (count) => {
    const byClass: unknown[][] = [];
    const byFunction: unknown[] = [];
    const args = Object.fromEntries(Array.from({ length: count }, (_, i) => [`a${i}`, 'number' as const]));
    const { notify } = await startApplication({
      controllers: [
        controllerOf(count, (values) => byClass.push(values)),
        defineMessage({ name: 'f', args, handle: (values) => void byFunction.push({ ...values }) }),
      ],
    });
    const sent = Array.from({ length: count }, (_, i): [string, number] => [`a${i}`, i * 1000]);
    await notify(message('m', ...sent), message('f', ...sent));
    await notify(message('f', ...sent.toReversed()), message('m', ...sent.toReversed()));
    const values = sent.map(([, value]) => value);
    expect(byClass).toEqual([values, values]);
    expect(byFunction).toEqual([Object.fromEntries(sent), Object.fromEntries(sent)]);
  },
);

test('arguments that nobody asked for are passed over', async () => {
  const seen: unknown[] = [];
  @SpoeMessage('m')
  class Third {
    handle(@Arg('third') ip: IpAddress): void {
      seen.push(ip.toString());
    }
  }
  const { notify } = await startApplication({ controllers: [Third] });
  await notify(message('m', ['first', 'x'.repeat(3000)], ['second', 2n ** 63n], ['third', IpAddress.v4(1)]));
  expect(seen).toEqual(['0.0.0.1']);
});
