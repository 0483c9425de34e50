import type { Word } from './model.ts';

/** What HAProxy's environment is known to hold. */
export type Environment = ReadonlyMap<string, string>;

/** Why a line cannot be read. */
export class LineFault {
  readonly column: number;
  readonly problem: string;

  constructor(column: number, problem: string) {
    this.column = column;
    this.problem = problem;
  }
}

const SPACE = /[ \t\v\f]/;
const HEX = /^[0-9A-Fa-f]{2}/;
/** `$NAME` and `${NAME}`, with `[*]` for words of their own and a default after `-`. */
const VARIABLE = /^\$(?:(\.?[A-Za-z_]\w*)|\{(\.?[A-Za-z_]\w*)(\[\*\])?(?:-([^}]*))?\})/;
const ESCAPES: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r' };

/**
 * Cuts a line into words as HAProxy does: `'...'` is taken literally, `"..."` lets escapes and variables of the environment
 * through, `\` escapes outside single quotes, `#` outside quotes starts a comment.
 */
export function splitWords(line: string, environment: Environment): Word[] | LineFault {
  const words: Word[] = [];
  let word: { text: string; column: number; known: boolean } | undefined;
  let quote: { mark: string; at: number } | undefined;
  let at = 0;
  const add = (text: string): void => {
    word ??= { text: '', column: at + 1, known: true };
    word.text += text;
  };
  const end = (): void => {
    if (word !== undefined) words.push(word);
    word = undefined;
  };
  while (at < line.length) {
    const char = line[at] as string;
    if (char === '\n' || char === '\r') break;
    if (char === '#' && quote === undefined) break;
    if (quote === undefined && (char === '"' || char === "'")) {
      // Quotes with nothing in them are a word too.
      add('');
      quote = { mark: char, at };
      at += 1;
    } else if (char === quote?.mark) {
      quote = undefined;
      at += 1;
    } else if (char === '\\' && quote?.mark !== "'") {
      const sequence = readEscape(line, at, quote !== undefined);
      if (sequence === undefined) return new LineFault(at + 1, '\\x needs two hexadecimal digits');
      add(sequence.text);
      at += sequence.length;
    } else if (quote === undefined && SPACE.test(char)) {
      end();
      at += 1;
    } else if (char === '$' && quote?.mark === '"') {
      const match = VARIABLE.exec(line.slice(at));
      if (match === null) return new LineFault(at + 1, 'after $ comes a name, as in "$NAME", or \\ before it');
      expand(match);
      at += match[0].length;
    } else {
      add(char);
      at += 1;
    }
  }
  if (quote !== undefined) return new LineFault(quote.at + 1, `the quote ${quote.mark} has no end`);
  end();
  return words;

  function expand([, bare, braced, asWords, fallback]: RegExpExecArray): void {
    const name = bare ?? (braced as string);
    const value = environment.get(name) ?? fallback;
    if (value === undefined) {
      add(`\${${name}}`);
      if (word !== undefined) word.known = false;
    } else if (asWords === undefined) add(value);
    else {
      const parts = value.split(/\s+/);
      if (parts.length === 1 && parts[0] === '' && word?.text === '') word = undefined;
      for (const [i, part] of parts.entries()) {
        if (i > 0) end();
        if (part !== '') add(part);
      }
    }
  }
}

/** What an escape at `at` stands for, and how long it is; `undefined` for a broken `\x`. */
function readEscape(line: string, at: number, inQuotes: boolean): { text: string; length: number } | undefined {
  const next = line[at + 1] ?? '';
  if (next === 'x') {
    const digits = HEX.exec(line.slice(at + 2, at + 4));
    return digits === null ? undefined : { text: String.fromCharCode(Number.parseInt(digits[0], 16)), length: 4 };
  }
  if (next in ESCAPES) return { text: ESCAPES[next] as string, length: 2 };
  const isSpecial = next !== '' && (' \\#\'"'.includes(next) || (next === '$' && inQuotes));
  return isSpecial ? { text: next, length: 2 } : { text: '\\', length: 1 };
}
