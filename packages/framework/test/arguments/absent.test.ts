import { describe, expect, test } from 'vitest';
import type { ArgumentTypeName } from '../../src/index.ts';
import { FORMS } from '../support/forms.ts';
import { message, startApplication } from '../support/test-application.ts';

const TYPES: readonly ArgumentTypeName[] = [
  'string',
  'latin1',
  'number',
  'bigint',
  'boolean',
  'ip',
  'buffer',
  'view',
  'any',
];

interface Outcome {
  seen?: readonly unknown[];
  failures?: Record<string, number>;
}

const MISSING: Outcome = { seen: [], failures: { 'm SPOA_ARGUMENT_MISSING': 1 } };

/** What an argument without a value becomes, by how it is declared. NULL is a value of `any` alone. */
const CASES: readonly { options: { optional?: boolean; default?: unknown }; absent: Outcome; isNull: Outcome }[] = [
  { options: {}, absent: MISSING, isNull: MISSING },
  { options: { optional: false }, absent: MISSING, isNull: MISSING },
  { options: { optional: true }, absent: { seen: [undefined] }, isNull: { seen: [undefined] } },
  { options: { default: 'fallback' }, absent: { seen: ['fallback'] }, isNull: { seen: ['fallback'] } },
  { options: { default: 0 }, absent: { seen: [0] }, isNull: { seen: [0] } },
  { options: { default: null }, absent: { seen: [null] }, isNull: { seen: [null] } },
  { options: { default: undefined }, absent: MISSING, isNull: MISSING },
  {
    options: { optional: true, default: 'fallback' },
    absent: { seen: ['fallback'] },
    isNull: { seen: ['fallback'] },
  },
];

describe.each(FORMS)('$name', (form) => {
  describe.each(TYPES)('%s', (type) => {
    test.each(CASES)('$options', async ({ options, absent, isNull }) => {
      const sent: [[string, number | null][], Outcome][] = [
        [[], absent],
        [[['other', 1]], absent],
        [[['a', null]], nullFor(type, options, isNull)],
      ];
      for (const [args, expected] of sent) {
        const seen: unknown[] = [];
        const { app, notify, log } = await startApplication({
          controllers: [form.takes('a', { type, ...options }, (value) => seen.push(value))],
        });
        const { actions } = await notify(message('m', ...args));
        expect(actions).toEqual([]);
        expect({ seen, failures: Object.fromEntries(app.failures) }).toEqual({ failures: {}, ...expected });
        if (expected.failures !== undefined) {
          expect(log.loud[0]?.err).toMatchObject({ code: 'SPOA_ARGUMENT_MISSING', facts: { argument: 'a' } });
        }
      }
    });
  });

  test('the error tells an argument that did not come from one without a value', async () => {
    const sent: [[string, null][], string][] = [
      [[], 'is not in the message'],
      [[['a', null]], 'has no value'],
    ];
    for (const [args, words] of sent) {
      const { notify, log } = await startApplication({ controllers: [form.takes('a', { type: 'ip' }, () => {})] });
      await notify(message('m', ...args));
      expect(log.loud[0]?.err?.message).toContain(words);
    }
  });
});

/** `any` takes NULL as the value that it is, unless a default stands for it. */
function nullFor(type: ArgumentTypeName, options: { default?: unknown }, otherwise: Outcome): Outcome {
  return type === 'any' && options.default === undefined ? { seen: [null] } : otherwise;
}
