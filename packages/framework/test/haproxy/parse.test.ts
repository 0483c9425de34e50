import { describe, expect, test } from 'vitest';
import {
  HAPROXY_VERSIONS,
  type HaproxyVersion,
  type ParsedConfig,
  parseHaproxyConfig,
} from '../../src/haproxy/index.ts';
import { textsOf } from '../../src/haproxy/parse/model.ts';
import { haproxyCheck } from './support/accepts.ts';

const parse = (text: string, environment: Record<string, string> = {}, version: HaproxyVersion = '3.2'): ParsedConfig =>
  parseHaproxyConfig(text, 'haproxy.cfg', { version, environment });

test('sections, their names and scopes, and where everything stands', () => {
  const { sections, faults } = parse(
    '# head\n\n[one] # first\nspoe-agent a\n\tno option  pipelining # off\n\n[two]\nspoe-message m\n  args ip=src "b c"\n',
  );
  expect(faults).toEqual([]);
  expect(sections.map(({ kind, name, scope, header }) => [kind, name, scope, header.number])).toEqual([
    ['spoe-agent', 'a', 'one', 4],
    ['spoe-message', 'm', 'two', 8],
  ]);
  const [agent, message] = sections;
  expect(agent?.lines).toEqual([
    {
      file: 'haproxy.cfg',
      number: 5,
      negated: true,
      certain: true,
      words: [
        { text: 'option', column: 5, known: true },
        { text: 'pipelining', column: 13, known: true },
      ],
    },
  ]);
  expect(message?.lines[0]?.words.map(({ text, column }) => [text, column])).toEqual([
    ['args', 3],
    ['ip=src', 8],
    ['b c', 15],
  ]);
});

test('what the environment is not known to hold stays to be seen, unless it has a default', () => {
  const { sections } = parse(
    `global\n  a "\${SPOA_X}" "\${SPOA_X-d}" "x$SPOA_Y" "\${SPOA_X[*]}" '\${SPOA_X}' $SPOA_X\n`,
    { SPOA_Y: 'y' },
  );
  expect(sections[0]?.lines[0]?.words.slice(1)).toEqual([
    { text: `\${SPOA_X}`, column: 5, known: false },
    { text: 'd', column: 17, known: true },
    { text: 'xy', column: 31, known: true },
    { text: `\${SPOA_X}`, column: 42, known: false },
    { text: `\${SPOA_X}`, column: 57, known: true },
    { text: '$SPOA_X', column: 69, known: true },
  ]);
});

test('the global section changes the environment for what follows', () => {
  const { sections } = parse(
    'global\n  setenv A 1\n  presetenv A 2\n  presetenv B 3\n  setenv C "$D"\n  unsetenv E\nfrontend f\n  x "$A$B$C$E"\n',
    { E: 'e' },
  );
  expect(textsOf(sections[1]?.lines[0] as never)).toEqual(['x', `13\${C}\${E}`]);
});

test('lines of a condition that only HAProxy can answer are there, but not for certain', () => {
  const { sections } = parse('global\n.if feature(OPENSSL)\n  a\n.else\n  b\n.endif\n  c\n');
  expect(sections[0]?.lines.map((line) => [...textsOf(line), line.certain])).toEqual([
    ['a', false],
    ['b', false],
    ['c', true],
  ]);
});

test('a condition may look into text, since 3.0', () => {
  const text = `global\n.if strstr("x\${SPOA_A}y",xay)\n  a\n.endif\n`;
  expect(parse(text, { SPOA_A: 'a' }, '3.0').sections[0]?.lines.length).toBe(1);
  expect(parse(text, { SPOA_A: 'a' }, '2.6').faults[0]?.problem).toContain('2.6 has no strstr');
});

const FAULTS: [string, number, number, RegExp][] = [
  ["global\n a 'b\n", 2, 4, /quote/],
  ['global\n a "b $ c"\n', 2, 7, /\$/],
  ['global\n a \\x4\n', 2, 4, /hexadecimal/],
  ['global\n a "${B"\n', 2, 5, /\$/],
  [' a b\nglobal\n', 1, 2, /before the first section/],
  ['[a b\nglobal\n', 1, 1, /scope/],
  ['global\n .if 1\n', 2, 1, /no \.endif/],
  ['global\n .else\n', 2, 2, /\.else without/],
  ['global\n.if 1\n.else\n.elif 1\n.endif\n', 4, 1, /after \.else/],
  ['global\n.if version_atleast(1,2)\n.endif\n', 2, 1, /takes 1/],
  ['global\n.if (1\n.endif\n', 2, 1, /no end/],
  ['global\n.if 1 2\n.endif\n', 2, 1, /may follow/],
  ['global\n.if awslc_api_before(1)\n.endif\n', 2, 1, /3\.2 has no awslc_api_before/],
  ['global\n .what\n', 2, 2, /no directive/],
  [`global\n ${'a '.repeat(65)}\n`, 2, 130, /64 words/],
  ['global\n a\0\n', 2, 3, /NUL/],
  ['global\n a', 2, 2, /cut off/],
];

describe('what HAProxy cannot read', () => {
  test.each(FAULTS)('%j', async (text, line, column, problem) => {
    expect(parse(text).faults).toEqual([
      { file: 'haproxy.cfg', line, column, problem: expect.stringMatching(problem) as string },
    ]);
  });
});

/** Conditions that HAProxy answers without its build and its options, with what they are in the environment below. */
const CONDITIONS = [
  '',
  '0',
  '1',
  '-3',
  '!1',
  '! !0',
  '1 && 0',
  '1 || 0 && 0',
  '(1 || 0) && 0',
  '!(1 && 0) && !(0)',
  'defined(SPOA_A)',
  'streq("$SPOA_A",a)',
  'strneq("$SPOA_A",b) && !streq(a,b)',
  'version_atleast(2.6)',
  'version_atleast(3.0-dev0)',
  'version_atleast(3.2)',
  'version_before(3.1)',
  '!version_before(3.3) || streq(a,b)',
  'version_atleast(4)',
];

test.each(HAPROXY_VERSIONS)('HAProxy %s answers conditions as they are answered here', async (version) => {
  const environment = { SPOA_A: 'a' };
  const rows = CONDITIONS.flatMap((condition, i) => [
    `.if ${condition}`,
    `  .notice "if ${i}"`,
    `  .if 0`,
    `    .notice "never"`,
    `  .elif ${condition}`,
    `    .notice "inner ${i}"`,
    `  .endif`,
    `.elif !(1 && ${condition || '0'})`,
    `  .notice "elif ${i}"`,
    `.else`,
    `  .notice "else ${i}"`,
    `.endif`,
  ]);
  // A notice says nothing to the parser: an ordinary line in its place shows which branch is there.
  const { sections, faults } = parse(
    `global\n${rows.join('\n')}\n`.replaceAll('.notice', 'notice'),
    environment,
    version,
  );
  expect(faults).toEqual([]);
  const taken = (sections[0]?.lines ?? []).map(({ words }) => words[1]?.text);
  const { output } = await haproxyCheck(
    version,
    { 'haproxy.cfg': `global\n${rows.join('\n')}\n` },
    ['-c', '-V'],
    environment,
  );
  const noticed = [...output.matchAll(/: '((?:if|inner|elif|else|never) ?\d*)'/g)].map(([, text]) => text);
  expect(taken).toEqual(noticed);
  expect(taken.length).toBeGreaterThan(CONDITIONS.length);
});
