import { HAPROXY_VERSIONS, type HaproxyVersion } from '../versions.ts';
import type { Environment } from './words.ts';

/** What a condition comes to: `undefined` where only the running HAProxy knows (its features, its TLS library). */
export type Truth = boolean | undefined;

export function not(truth: Truth): Truth {
  return truth === undefined ? undefined : !truth;
}

export function and(a: Truth, b: Truth): Truth {
  if (a === false || b === false) return false;
  return a === undefined || b === undefined ? undefined : true;
}

export function or(a: Truth, b: Truth): Truth {
  return not(and(not(a), not(b)));
}

/** What conditions are asked about. */
export interface ConditionFacts {
  readonly version: HaproxyVersion;
  readonly environment: Environment;
}

type Predicate = (facts: ConditionFacts, args: readonly string[]) => Truth;

const onlyHaproxyKnows: Predicate = () => undefined;

interface PredicateKeyword {
  readonly args: number;
  readonly ask: Predicate;
  /** The first version here that has it. @default all have it */
  readonly since?: HaproxyVersion;
}

const PREDICATES: ReadonlyMap<string, PredicateKeyword> = new Map<string, PredicateKeyword>([
  // A variable that is not known here may still be there where HAProxy runs.
  ['defined', { args: 1, ask: ({ environment }, [name]) => environment.has(name as string) || undefined }],
  ['streq', { args: 2, ask: (_, args) => compare(args, (a, b) => a === b) }],
  ['strneq', { args: 2, ask: (_, args) => compare(args, (a, b) => a !== b) }],
  ['strstr', { args: 2, ask: (_, args) => compare(args, (a, b) => a.includes(b)), since: '3.0' }],
  ['version_atleast', { args: 1, ask: ({ version }, [wanted]) => isAtLeast(version, wanted as string) }],
  ['version_before', { args: 1, ask: ({ version }, [wanted]) => not(isAtLeast(version, wanted as string)) }],
  ['feature', { args: 1, ask: onlyHaproxyKnows }],
  ['enabled', { args: 1, ask: onlyHaproxyKnows, since: '3.0' }],
  ['openssl_version_atleast', { args: 1, ask: onlyHaproxyKnows }],
  ['openssl_version_before', { args: 1, ask: onlyHaproxyKnows }],
  ['ssllib_name_startswith', { args: 1, ask: onlyHaproxyKnows }],
  ['awslc_api_atleast', { args: 1, ask: onlyHaproxyKnows, since: '3.4' }],
  ['awslc_api_before', { args: 1, ask: onlyHaproxyKnows, since: '3.4' }],
]);

/** `${NAME}` is left where a variable is not known. */
function compare(args: readonly string[], holds: (a: string, b: string) => boolean): Truth {
  const [a = '', b = ''] = args;
  return args.some((arg) => arg.includes('${')) ? undefined : holds(a, b);
}

/** Which release of the line runs is not known: `3.2.5` may be asked of a 3.2. */
function isAtLeast(version: HaproxyVersion, wanted: string): Truth {
  const match = /^(\d+)(?:\.(\d+))?(?:-dev\d+)?(?:\.(\d+))?/.exec(wanted);
  if (match === null) return undefined;
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [, wantedMajor, wantedMinor = '0', patch = '0'] = match;
  const difference = major - Number(wantedMajor) || minor - Number(wantedMinor);
  if (difference !== 0) return difference > 0;
  return patch === '0' ? true : undefined;
}

/** Nesting of parentheses, beyond which HAProxy gives up too. */
const MAX_DEPTH = 255;

/**
 * Evaluates the condition of an `.if` or `.elif`: predicates and numbers under `!`, `&&`, `||` and parentheses.
 *
 * @returns the problem as text where it is no condition
 */
export function evaluateCondition(text: string, facts: ConditionFacts): Truth | string {
  let rest = text.trim();
  if (rest === '') return false;
  const result = expression(0);
  if (typeof result === 'string') return result;
  return rest === '' ? result : `nothing may follow the condition: ${rest}`;

  function take(token: string): boolean {
    if (!rest.startsWith(token)) return false;
    rest = rest.slice(token.length).trimStart();
    return true;
  }

  function expression(depth: number): Truth | string {
    let result = conjunction(depth);
    while (typeof result !== 'string' && take('||')) {
      const right = conjunction(depth);
      result = typeof right === 'string' ? right : or(result, right);
    }
    return result;
  }

  function conjunction(depth: number): Truth | string {
    let result = term(depth);
    while (typeof result !== 'string' && take('&&')) {
      const right = term(depth);
      result = typeof right === 'string' ? right : and(result, right);
    }
    return result;
  }

  function term(depth: number): Truth | string {
    let negated = false;
    while (take('!')) negated = !negated;
    const value = positive(depth);
    return typeof value === 'string' || !negated ? value : not(value);
  }

  function positive(depth: number): Truth | string {
    if (depth > MAX_DEPTH) return 'the parentheses of the condition are nested too deeply';
    const number = /^-?\d+/.exec(rest)?.[0];
    if (number !== undefined) {
      take(number);
      return Number(number) !== 0;
    }
    if (take('(')) {
      const inner = expression(depth + 1);
      if (typeof inner === 'string' || take(')')) return inner;
      return `a parenthesis of the condition has no end: ${text}`;
    }
    const match = /^(\w+)(?:\(([^)]*)\))?/.exec(rest);
    const predicate = PREDICATES.get(match?.[1] ?? '');
    const args = (match?.[2] ?? '').split(',').map((arg) => arg.trim());
    if (match === null || predicate === undefined) return `this is no condition: ${rest || text}`;
    const { since = HAPROXY_VERSIONS[0] } = predicate;
    if (HAPROXY_VERSIONS.indexOf(facts.version) < HAPROXY_VERSIONS.indexOf(since)) {
      return `HAProxy ${facts.version} has no ${match[1]}`;
    }
    if (args.length !== predicate.args || args[0] === '') return `${match[1]} takes ${predicate.args} argument(s)`;
    take(match[0]);
    return predicate.ask(facts, args);
  }
}
