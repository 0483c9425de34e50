import type { HaproxyVersion } from '../versions.ts';
import { and, evaluateCondition, not, or, type Truth } from './conditions.ts';
import type { Line, ParsedConfig, ParseFault, Section, Word } from './model.ts';
import { type Environment, LineFault, splitWords } from './words.ts';

/** The words that begin a section, in `haproxy.cfg` or in a spoe file. */
const SECTION_KEYWORDS = new Set(
  (
    'global defaults frontend backend listen userlist peers mailers resolvers cache ring http-errors fcgi-app log-forward ' +
    'log-profile crt-store traces acme healthcheck program namespace_list spoe-agent spoe-group spoe-message'
  ).split(' '),
);

/** HAProxy's own limit. */
const MAX_WORDS = 64;

export interface ParseOptions {
  /** What `.if version_atleast(...)` is answered for. */
  readonly version: HaproxyVersion;
  /** The environment in which HAProxy runs, as far as it is known. @default nothing is known */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/** One `.if` that is open. */
interface Conditional {
  readonly line: number;
  /** Whether the lines that follow are there. */
  here: Truth;
  /** Whether a branch before was taken. */
  taken: Truth;
  hasElse: boolean;
}

/**
 * Reads a `haproxy.cfg` or a spoe file as HAProxy does: sections, scopes, quotes, the environment, `.if` to `.endif`. Never
 * throws: what HAProxy could not read is in `faults`, and the rest is there.
 *
 * @param file its name, for faults and findings
 */
export function parseHaproxyConfig(text: string, file: string, options: ParseOptions): ParsedConfig {
  const { version } = options;
  const environment = knownEnvironment(options.environment);
  const sections: (Section & { lines: Line[] })[] = [];
  const faults: ParseFault[] = [];
  const conditionals: Conditional[] = [];
  let scope: string | undefined;
  const rows = text.split('\n');

  for (const [i, row] of rows.entries()) readRow(row, i + 1);
  const open = conditionals.at(-1);
  if (open !== undefined) fault(open.line, 1, 'the .if has no .endif');
  const last = rows.at(-1) ?? '';
  if (last !== '') fault(rows.length, last.length, 'the last line has no end: HAProxy takes the file for cut off');
  return { file, sections, faults };

  function fault(line: number, column: number, problem: string): void {
    faults.push({ file, line, column, problem });
  }

  function readRow(row: string, number: number): void {
    if (row.includes('\0')) return fault(number, row.indexOf('\0') + 1, 'a NUL character');
    if (row.trimStart().startsWith('[')) return readScope(row, number);
    const words = splitWords(row, environment);
    if (words instanceof LineFault) return fault(number, words.column, words.problem);
    const [first] = words;
    if (first === undefined || first.text === '') return;
    const surplus = words[MAX_WORDS];
    if (surplus !== undefined) return fault(number, surplus.column, `HAProxy takes ${MAX_WORDS} words in a line`);
    if (CONDITIONALS.has(first.text)) return readConditional(words, number);
    const isHere = conditionals.reduce<Truth>((all, { here }) => and(all, here), true);
    if (isHere === false) return;
    if (first.text.startsWith('.')) return readDirective(first, number);
    readLine(words, number, isHere === true);
  }

  function readScope(row: string, number: number): void {
    const match = /^\s*\[([\w.:-]+)\]\s*(?:#.*)?$/.exec(row);
    if (match === null) return fault(number, 1, 'a scope is a name in brackets: letters, digits and . : _ -');
    scope = match[1];
  }

  function readConditional([keyword, ...words]: Word[], number: number): void {
    const { text: name, column } = keyword as Word;
    const condition = words.map(({ text }) => text).join(' ');
    const current = conditionals.at(-1);
    if (name === '.if') {
      const isReached = conditionals.every(({ here }) => here !== false);
      const truth = isReached ? evaluate(condition, number, column) : false;
      // What is not reached counts as taken: none of its branches is asked about.
      conditionals.push({ line: number, here: truth, taken: isReached ? truth : true, hasElse: false });
      return;
    }
    if (current === undefined) return fault(number, column, `${name} without .if`);
    if (name === '.endif') {
      conditionals.pop();
      return;
    }
    if (current.hasElse) return fault(number, column, `${name} after .else`);
    current.hasElse = name === '.else';
    const truth = current.hasElse ? true : current.taken === true ? false : evaluate(condition, number, column);
    current.here = and(not(current.taken), truth);
    current.taken = or(current.taken, truth);
  }

  function evaluate(condition: string, number: number, column: number): Truth {
    const truth = evaluateCondition(condition, { version, environment });
    if (typeof truth !== 'string') return truth;
    fault(number, column, truth);
    return undefined;
  }

  function readDirective({ text, column }: Word, number: number): void {
    if (!MESSAGES.has(text)) fault(number, column, `there is no directive ${text}`);
  }

  function readLine(all: readonly Word[], number: number, certain: boolean): void {
    const negated = all.length > 1 && (all[0] as Word).text === 'no';
    const words = negated ? all.slice(1) : all;
    const line: Line = { file, number, words, negated, certain };
    const [{ text: kind, column }, name] = words as readonly [Word, Word | undefined];
    if (SECTION_KEYWORDS.has(kind)) {
      sections.push({ kind, name: name?.text, scope, header: line, lines: [] });
      return;
    }
    const section = sections.at(-1);
    if (section === undefined) return fault(number, column, `${kind} stands before the first section`);
    section.lines.push(line);
    if (section.kind === 'global' && certain) changeEnvironment(line);
  }

  /** What the global section does to the environment holds for the lines that follow. */
  function changeEnvironment({ words: [keyword, name, value] }: Line): void {
    if (name === undefined) return;
    if (keyword?.text === 'unsetenv') environment.delete(name.text);
    if (value?.known !== true) return;
    const isPreset = keyword?.text === 'presetenv' && environment.has(name.text);
    if (keyword?.text === 'setenv' || (keyword?.text === 'presetenv' && !isPreset)) {
      environment.set(name.text, value.text);
    }
  }
}

const CONDITIONALS = new Set(['.if', '.elif', '.else', '.endif']);
const MESSAGES = new Set(['.alert', '.warning', '.notice', '.diag']);

function knownEnvironment(given: ParseOptions['environment'] = {}): Map<string, string> & Environment {
  const known = Object.entries(given).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return new Map(known);
}
