import { readFile } from 'node:fs/promises';
import { ERRORS } from '@spoa/core';
import { describe, expect, test } from 'vitest';
import { BOOT_FAULTS, FRAMEWORK_ERRORS, FrameworkError } from '../src/index.ts';

const page = await readFile(new URL('../../../docs/boot-errors.md', import.meta.url), 'utf8');
/** What stands under each heading that is a code. */
const sections = new Map(
  page
    .split(/^### /m)
    .slice(1)
    .map((section): [string, string] => {
      const end = section.indexOf('\n');
      return [section.slice(0, end).trim(), section.slice(end).split(/^## /m)[0]?.trim() ?? ''];
    }),
);
const codes = [...Object.keys(BOOT_FAULTS), ...Object.keys(FRAMEWORK_ERRORS)];

describe('docs/boot-errors.md', () => {
  test.each(codes)('explains %s', (code) => {
    expect(sections.get(code)?.length).toBeGreaterThan(80);
  });

  test('explains no code that does not exist', () => {
    expect([...sections.keys()].toSorted()).toEqual(codes.toSorted());
  });

  test('speaks of no code that nobody has', () => {
    const known = new Set([...codes, ...Object.keys(ERRORS)]);
    expect([...new Set(page.match(/SPOA_[A-Z_]+/g))].filter((code) => !known.has(code))).toEqual([]);
  });

  test('has lines that fit a screen', () => {
    expect(page.split('\n').filter((line) => line.length > 130)).toEqual([]);
  });
});

test('no code means two things', () => {
  expect(new Set([...codes, ...Object.keys(ERRORS)]).size).toBe(codes.length + Object.keys(ERRORS).length);
});

test('every code says what it means in one line', () => {
  for (const meaning of Object.values({ ...BOOT_FAULTS, ...FRAMEWORK_ERRORS })) {
    expect(meaning).toMatch(/^[a-zA-Z].{10,100}$/);
  }
});

test('an error of the framework is one of core: code, status, facts and cause', () => {
  const cause = new Error('why');
  const error = new FrameworkError('SPOA_RESULT_INVALID', 'what', { cause, facts: { scope: 'session' } });
  expect(error).toMatchObject({
    name: 'FrameworkError',
    code: 'SPOA_RESULT_INVALID',
    status: 99,
    facts: { scope: 'session' },
    cause,
  });
});
