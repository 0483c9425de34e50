import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { ConfigFault } from './config-error.ts';
import { flagOf } from './flags.ts';
import type { GivenValue, GivenValues } from './given-values.ts';
import { nearestKey } from './nearest-key.ts';
import { describeOrigin, type Origin } from './origin.ts';
import { schemaKeys } from './schema-keys.ts';
import { type IsSecret, isPlainObject, MASK, maskText } from './secrets.ts';
import { type VariableNames, variablesOf } from './variables.ts';

type Path = readonly string[];
type GivenKey = Pick<GivenValue, 'path' | 'origin'>;

/** Flags that every program has. */
const OWN_FLAGS: readonly Path[] = [['help'], ['config'], ['printConfig']];

/** All that was given, and how more could be. */
export interface Gathered {
  readonly schema: StandardSchemaV1;
  readonly given: GivenValues;
  readonly isSecret: IsSecret;
  readonly names: VariableNames;
  readonly hasFlags: boolean;
  readonly file: string | undefined;
}

/** What a schema says is wrong, each key with where its value came from. */
export function faultsOf(issues: readonly StandardSchemaV1.Issue[], all: Gathered): ConfigFault[] {
  const known = schemaKeys(all.schema).map(({ path }) => path);
  return issues.flatMap((issue) => faultsOfIssue(issue, all, known));
}

function faultsOfIssue(issue: StandardSchemaV1.Issue, all: Gathered, known: readonly Path[]): ConfigFault[] {
  const { given, isSecret } = all;
  const path = (issue.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part));
  // zod tells of keys that it does not know in one issue, at what they are in.
  if ('keys' in issue && Array.isArray(issue.keys) && issue.keys.length > 0) {
    return issue.keys.map((name) => {
      const key = [...path, String(name)];
      const origin = given.originAt(key);
      return unknownKey(key, origin && { path: key, origin }, known, all.names);
    });
  }
  const origin = given.originAt(path);
  const problem = maskedProblem(issue.message, isSecret(path) ? given.valueAt(path) : undefined);
  const key = path.join('.');
  if (origin !== undefined) return [{ key, problem, origin }];
  if (path.length === 0 || given.has(path)) return [{ key, problem }];
  return [{ key, problem: `${problem} (not given: ${waysToGive(path, all, known)})` }];
}

function waysToGive(path: Path, { given, names, hasFlags, file }: Gathered, known: readonly Path[]): string {
  const ways = [
    ...variablesOf(path, names),
    ...(hasFlags ? [flagOf(path)] : []),
    ...(file === undefined ? [] : [file]),
  ];
  return ways.join(', ') + misspelled(path, given, names, known);
}

/** What is given by a name that is nearly that of what is missing, or of something in it. */
function misspelled(path: Path, given: GivenValues, names: VariableNames, known: readonly Path[]): string {
  const isKnown = (name: string) => known.some((one) => one.join('.') === name);
  for (const { path: other, origin } of [...given.topLevel()].flatMap(([, values]) => values)) {
    const meant = isKnown(other.join('.')) ? undefined : nearestKey(other, known);
    if (meant === undefined || path.some((part, i) => part !== meant[i])) continue;
    return `; ${describeOrigin(origin)} is for no key: did you mean ${nameAt(origin, meant, names)}?`;
  }
  return '';
}

/** Some libraries quote the value in the message, or its beginning. */
function maskedProblem(message: string, secret: unknown): string {
  if (secret === undefined || secret === '') return maskText(message);
  return maskText(message.replaceAll(String(secret), MASK).replace(/(received) .*/is, `$1 ${MASK}`));
}

/**
 * What is written down for this program and read by nobody is most likely misspelled. A variable may be there for others: it is
 * misspelled where its name is nearly that of a key which nothing gives.
 */
export function unreadKeys(value: unknown, { schema, given, names }: Gathered): ConfigFault[] {
  if (!isPlainObject(value)) return [];
  const unread = [...given.topLevel()].flatMap(([key, values]) => {
    const ours = Object.hasOwn(value, key) ? [] : values.filter(({ origin }) => isOurs(origin, names));
    return ours.length === 0 ? [] : [{ key, ours }];
  });
  if (unread.length === 0) return [];
  const known = [...schemaKeys(schema).map(({ path }) => path), ...Object.keys(value).map((key) => [key])];
  return unread.flatMap(({ key, ours }) => {
    const fault = ours.find(({ path, origin }) => {
      if (origin.from === 'file' || origin.from === 'flag') return true;
      const meant = nearestKey(path, known);
      return meant !== undefined && !given.has(meant);
    });
    return fault === undefined ? [] : [unknownKey([key], fault, known, names)];
  });
}

/** Without a prefix the environment is everybody's. */
function isOurs({ from }: Origin, { prefix }: VariableNames): boolean {
  return from !== 'environment' || prefix !== '';
}

function unknownKey(
  path: Path,
  given: GivenKey | undefined,
  known: readonly Path[],
  names: VariableNames,
): ConfigFault {
  const fault = { key: path.join('.'), problem: 'the schema has no such key' };
  if (given === undefined) return fault;
  const { origin } = given;
  const meant = nearestKey(given.path, origin.from === 'flag' ? [...known, ...OWN_FLAGS] : known);
  const problem =
    meant === undefined ? fault.problem : `${fault.problem}: did you mean ${nameAt(origin, meant, names)}?`;
  return { ...fault, problem, origin };
}

/** What a key is called where another one was given. */
function nameAt({ from }: Origin, path: Path, names: VariableNames): string {
  if (from === 'flag') return flagOf(path);
  return from === 'file' ? path.join('.') : (variablesOf(path, names)[0] as string);
}
