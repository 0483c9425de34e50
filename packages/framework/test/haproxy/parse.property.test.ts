import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HAPROXY_VERSIONS, type ParsedConfig, parseHaproxyConfig, quoteWord } from '../../src/haproxy/index.ts';
import { textsOf } from '../../src/haproxy/parse/model.ts';
import { haproxyCheck } from './support/accepts.ts';

const SEED = 20_260;
const ENVIRONMENT = { SPOA_A: 'one two', SPOA_EMPTY: '' };

/** Whatever a word can hold: no NUL, and no byte of UTF-8 cut off. */
const text = fc.string({
  unit: fc.constantFrom(...'ab-=%(){}[]<>,.;:!|&~^*?@/\\\'"`#$ \t\n\r\v\u0001\u007fé€'),
  maxLength: 12,
});

const variable = (inside: string): string => `\${${inside}}`;

/** Pieces of lines at which quoting may go wrong. */
const pieces = fc.array(
  fc.constantFrom(
    ...[
      'a',
      'b-c',
      '=',
      '%[x]',
      ' ',
      '  ',
      '\t',
      "'",
      '"',
      '\\',
      '\\\\',
      '\\ ',
      '\\#',
      "\\'",
      '\\"',
      '\\$',
      '\\t',
      '\\x41',
      '\\xg',
    ],
    ...[
      '#',
      '$',
      '$SPOA_A',
      variable('SPOA_A'),
      variable('SPOA_A[*]'),
      variable('SPOA_EMPTY'),
      variable('SPOA_EMPTY[*]'),
      variable('SPOA_NONE-x y'),
      `$\{SPOA_A`,
      '"',
    ],
  ),
  { minLength: 1, maxLength: 10 },
);

const parse = (config: string): ParsedConfig =>
  parseHaproxyConfig(config, 'f', { version: '3.2', environment: ENVIRONMENT });
const wordsOf = ({ sections }: ParsedConfig): string[][] =>
  sections.flatMap(({ lines }) => lines.map((line) => textsOf(line)));

test('words that are written with quotes are read as they were', () => {
  fc.assert(
    fc.property(fc.array(text, { maxLength: 20 }), (words) => {
      const parsed = parse(`global\n  description ${words.map(quoteWord).join(' ')}\n`);
      expect(parsed.faults).toEqual([]);
      expect(wordsOf(parsed)).toEqual([['description', ...words]]);
    }),
  );
});

test('text of any kind is read without an exception, and every fault is inside of it', () => {
  const lines = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    pieces.map((some) => some.join('')),
    fc.constantFrom(
      '.if',
      '.if !',
      '.if ((1',
      '.if a && b || (0)',
      '.elif 1',
      '.else',
      '.endif',
      '.alert x',
      '.x',
      '[',
      '[e]',
      '[e] x',
      'no',
    ),
    fc.constantFrom(
      'global',
      'spoe-message',
      'frontend a',
      'setenv A "b c"',
      'args ="$A"',
      'filter spoe',
      '.if streq("$A",',
    ),
  );
  fc.assert(
    fc.property(fc.array(lines, { maxLength: 30 }), (rows) => {
      const { faults } = parse(rows.join('\n'));
      const count = rows.join('\n').split('\n').length;
      for (const { line, column } of faults) {
        expect(line >= 1 && line <= count).toBe(true);
        expect(column >= 1).toBe(true);
      }
    }),
    { numRuns: 300 },
  );
});

describe.each(HAPROXY_VERSIONS)('HAProxy %s', (version) => {
  test('reads the same words, and finds fault with the same lines', async () => {
    const lines = [
      ...fc.sample(pieces, { seed: SEED, numRuns: 400 }).map((some) => some.join('')),
      ...fc
        .sample(fc.array(text, { maxLength: 5 }), { seed: SEED, numRuns: 200 })
        .map((words) => words.map(quoteWord).join(' ')),
    ];
    const rows = lines.map((line, i) => `  description @${i}@ ${line}\n`);
    const read = rows.map((row) => parse(`global\n${row}`));
    const right = rows.filter((_, i) => read[i]?.faults.length === 0);
    // HAProxy gives up after 50 faults.
    const wrong = rows.filter((_, i) => read[i]?.faults.length !== 0).slice(0, 45);
    expect(right.length).toBeGreaterThan(200);
    expect(wrong.length).toBe(45);
    const refused = await dump(wrong);
    const alerts = refused.complaints.flatMap((line) => /\[haproxy\.cfg:(\d+)\]/.exec(line)?.[1] ?? []);
    expect(alerts.map(Number)).toEqual(wrong.map((_, i) => i + 2));

    const { complaints, stdout } = await dump(right);
    expect(complaints.filter((line) => line.includes('ALERT'))).toEqual([]);
    // The option that shows the words came later.
    if (version === '2.6') return;
    const expected = right.map((row) => {
      const [, ...words] = wordsOf(parse(`global\n${row}`))[0] as string[];
      return `${words.join(' ')} \n`;
    });
    // HAProxy 3.0 loses empty words at the end of a line, where they mean nothing.
    const comparable = (line: string): string => (version === '3.0' ? line.trimEnd() : line);
    // 3.4 shows everything twice, and what comes last is no line of the file.
    const shown = stdout.split('frontend f').at(-1)?.split('\tdescription ').slice(1, -1) ?? [];
    expect(shown.map(comparable)).toEqual(expected.map(comparable));

    function dump(some: readonly string[]) {
      const config = `frontend f\n${some.join('')}  description end\n`;
      return haproxyCheck(version, { 'haproxy.cfg': config }, ['-c', '-dC'], ENVIRONMENT);
    }
  });
});
