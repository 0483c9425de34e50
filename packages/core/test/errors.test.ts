import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { ERRORS, SpoaError, type SpoaErrorCode, StatusCode } from '../src/index.ts';

const page = readFileSync(new URL('../../../docs/error-codes.md', import.meta.url), 'utf8');
const codes = Object.keys(ERRORS) as SpoaErrorCode[];
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

/** The text of every source file of a folder, by its path. */
function sources(folder: string): [path: string, text: string][] {
  const root = fileURLToPath(new URL(folder, import.meta.url));
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => [path, readFileSync(join(root, path), 'utf8')]);
}

/** A code in quotes: in a comment it has none. */
const USED = /'(SPOA_[A-Z_]+)'/g;

describe('the table', () => {
  test.each(codes)('%s says what it means in one line, and has a status that SPOP names', (code) => {
    expect(code).toMatch(/^SPOA_[A-Z]+(_[A-Z]+)*$/);
    expect(ERRORS[code].meaning).toMatch(/^[a-z].{10,90}[^.]$/);
    expect(Object.values(StatusCode)).toContain(ERRORS[code].status);
  });

  test('no two codes mean the same', () => {
    expect(new Set(codes.map((code) => ERRORS[code].meaning)).size).toBe(codes.length);
  });

  test('the type is the table', () => {
    expectTypeOf<SpoaErrorCode>().toEqualTypeOf<keyof typeof ERRORS>();
    expectTypeOf<SpoaError['code']>().toEqualTypeOf<SpoaErrorCode>();
  });

  test('every code is used by this package', () => {
    const used = new Set(
      sources('../src')
        .filter(([path]) => path !== 'errors.ts')
        .flatMap(([, text]) => [...text.matchAll(USED)].map(([, code]) => code)),
    );
    expect(codes.filter((code) => !used.has(code))).toEqual([]);
    expect([...used].filter((code) => !codes.includes(code as SpoaErrorCode))).toEqual([]);
  });

  test('what a comment says is thrown exists', () => {
    const named = sources('../src').flatMap(([path, text]) =>
      [...text.matchAll(/SPOA_[A-Z_]*[A-Z]/g)].map(([code]) => ({ path, code })),
    );
    expect(named.filter(({ code }) => !codes.includes(code as SpoaErrorCode))).toEqual([]);
  });
});

describe('docs/error-codes.md', () => {
  test.each(codes)('explains %s, with its status', (code) => {
    const section = sections.get(code) ?? '';
    expect(section).toMatch(new RegExp(`^Status ${ERRORS[code].status}\\b`));
    expect(section.length).toBeGreaterThan(80);
  });

  test('explains no code that does not exist', () => {
    expect([...sections.keys()].toSorted()).toEqual(codes.toSorted());
  });

  test('speaks of no code that nobody has', () => {
    expect([...new Set(page.match(/SPOA_[A-Z_]+/g))].filter((code) => !codes.includes(code as SpoaErrorCode))).toEqual(
      [],
    );
  });

  test('lists every status that SPOP names', () => {
    const listed = [...page.matchAll(/^\| (\d+) \|/gm)].map(([, status]) => Number(status));
    expect(listed).toEqual(Object.values(StatusCode).toSorted((a, b) => a - b));
  });

  test('has lines that fit a screen', () => {
    expect(page.split('\n').filter((line) => line.length > 130)).toEqual([]);
  });
});

describe('a SpoaError', () => {
  test('has a code, its status, facts and a cause', () => {
    const cause = new Error('why');
    const error = new SpoaError('SPOA_LISTEN_FAILED', 'what', { cause, facts: { port: 1 } });
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({
      name: 'SpoaError',
      code: 'SPOA_LISTEN_FAILED',
      status: 1,
      facts: { port: 1 },
      cause,
    });
    expect(error.message).toBe('what');
    expect(error.stack).toContain('errors.test.ts');
  });

  test('without facts and cause has none', () => {
    const error = new SpoaError('SPOA_TRUNCATED', 'what');
    expect(error.facts).toEqual({});
    expect('cause' in error).toBe(false);
  });

  test('of a package on top, with a code of its own, has the status for what has no name', () => {
    expect(new SpoaError<string>('OTHER', 'what').status).toBe(StatusCode.UNKNOWN);
    // Codes are looked up in an object: what every object has is no code.
    for (const code of ['constructor', 'toString', '__proto__', 'hasOwnProperty']) {
      expect(new SpoaError<string>(code, 'what').status).toBe(StatusCode.UNKNOWN);
    }
  });
});
