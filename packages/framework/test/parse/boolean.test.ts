import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { booleanText, parseBoolean } from '../../src/parse/index.ts';
import { errorOf, outcomeOf, validated } from './support.ts';

describe('parseBoolean', () => {
  test.each(['true', 'TRUE', '1', 'yes', ' on ', 'On', true, 1])('%j is true', (value) => {
    expect(parseBoolean(value)).toBe(true);
  });

  test.each(['false', 'False', '0', 'no', 'off\n', false, 0, -0])('%j is false', (value) => {
    expect(parseBoolean(value)).toBe(false);
  });

  test.each(['', '2', 'y', 'truee', `${' '.repeat(20)}true`, 2, Number.NaN])('%j is neither', (value) => {
    expect(errorOf(() => parseBoolean(value))).toMatchObject({
      code: 'SPOA_PARSE_INVALID',
      facts: { format: 'boolean' },
    });
  });

  test('anything gives a boolean or our error', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        const outcome = outcomeOf(() => parseBoolean(value as string));
        if ('value' in outcome) expect(typeof outcome.value).toBe('boolean');
      }),
    );
  });

  test('its error does not repeat what it was given', () => {
    expect(errorOf(() => parseBoolean('hunter2')).message).not.toContain('hunter2');
  });
});

test('booleanText is the same as a schema', () => {
  expect(validated(booleanText, 'yes')).toBe(true);
  expect(validated(booleanText, 'maybe')).toBe('the boolean: this text is none of true, 1, yes, on, false, 0, no, off');
});
