import { expect, test } from 'vitest';
import { parseExpiry } from '../../src/entries/expiry.ts';

const now = Date.UTC(2026, 0, 1);

test.each([
  ['90s', '2026-01-01T00:01:30.000Z'],
  ['30m', '2026-01-01T00:30:00.000Z'],
  ['12h', '2026-01-01T12:00:00.000Z'],
  ['7d', '2026-01-08T00:00:00.000Z'],
  ['2w', '2026-01-15T00:00:00.000Z'],
  ['2026-12-31', '2026-12-31T00:00:00.000Z'],
  ['2026-12-31T12:30:00', '2026-12-31T12:30:00.000Z'],
  ['2026-12-31 12:30:00', '2026-12-31T12:30:00.000Z'],
  ['2026-12-31T12:30:00+02:00', '2026-12-31T10:30:00.000Z'],
  ['1798675200', '2026-12-31T00:00:00.000Z'],
])('%s', (text, expected) => {
  expect(parseExpiry(text, now)?.toISOString()).toBe(expected);
});

test.each(['', 'tomorrow', '7', '7 days', '-7d', '2026-13-01', '31.12.2026'])('%j is none', (text) => {
  expect(parseExpiry(text, now)).toBeUndefined();
});
