import { existsSync } from 'node:fs';
import { parseEnv } from 'node:util';
import type { ConfigFault } from './config-error.ts';
import type { GivenValue } from './given-values.ts';
import type { Origin } from './origin.ts';
import { readText } from './read-text.ts';

/** What the system itself sets: without a prefix these would be values of keys such as `user` and `path`. */
const SYSTEM_VARIABLES = new Set(
  'PATH HOME USER USERNAME LOGNAME SHELL PWD OLDPWD LANG LANGUAGE TERM HOSTNAME TMPDIR TEMP TMP TZ MAIL EDITOR DISPLAY'.split(
    ' ',
  ),
);

export type Environment = Readonly<Record<string, string | undefined>>;

/** What variables are called. */
export interface VariableNames {
  /** What each begins with: `AGENT_`. */
  readonly prefix: string;
  /** By key, a variable that it may be given by as well. */
  readonly others: Readonly<Record<string, string>>;
}

/**
 * Finds the keys that variables are for: `DATABASE__MAX_POOL` is `database.maxPool`. An empty variable is none: that is how
 * many tools pass on one that is not set.
 */
export function readVariables(
  env: Environment,
  { prefix, others }: VariableNames,
  originOf: (variable: string) => Origin,
): GivenValue[] {
  const values: GivenValue[] = Object.entries(others).flatMap(([key, variable]) => {
    const value = env[variable];
    return value === undefined || value === '' ? [] : [{ path: key.split('.'), value, origin: originOf(variable) }];
  });
  for (const [variable, value] of Object.entries(env)) {
    if (value === undefined || value === '' || !variable.startsWith(prefix)) continue;
    if (Object.values(others).includes(variable)) continue;
    if (prefix === '' && SYSTEM_VARIABLES.has(variable)) continue;
    const path = pathOf(variable.slice(prefix.length));
    if (path !== undefined) values.push({ path, value, origin: originOf(variable) });
  }
  // `DATABASE__URL` says more than `DATABASE`, whichever comes first.
  return values.sort((a, b) => a.path.length - b.path.length);
}

/** The variables of a file as `.env`. Only the file that goes by default may be absent. */
export async function readEnvFile(
  envFile: string | false | undefined,
  names: VariableNames,
  faults: ConfigFault[],
): Promise<GivenValue[]> {
  if (envFile === false || (envFile === undefined && !existsSync('.env'))) return [];
  const file = envFile ?? '.env';
  const text = await readText(file, faults);
  if (text === undefined) return [];
  for (const line of strayLines(text)) {
    faults.push({ key: '', problem: 'a line that is no NAME=value', origin: { from: 'file', file, line } });
  }
  const env = parseEnv(text.replace(/^\ufeff/, '')) as Environment;
  return readVariables(env, names, (variable) => ({ from: 'env-file', file, variable }));
}

/** Node.js 20 takes such a line for a part of the next name, later ones pass over it. */
function strayLines(text: string): number[] {
  const withoutQuotes = text.replace(
    /=[ \t]*(['"`])([\s\S]*?)\1/g,
    (_, _quote, quoted: string) => `=${'\n'.repeat(quoted.split('\n').length - 1)}`,
  );
  const isSound = (line: string) => /^[\ufeff\s]*(#|$|(export\s+)?[\w.-]+\s*=)/.test(line);
  return withoutQuotes.split('\n').flatMap((line, i) => (isSound(line) ? [] : [i + 1]));
}

function pathOf(name: string): string[] | undefined {
  if (!/^[A-Za-z]/.test(name)) return undefined;
  const path = name.includes('.') ? name.split('.') : name.split('__').map(camelCase);
  return path.includes('') ? undefined : path;
}

/** `MAX_POOL` is `maxPool`; a name with small letters is meant as it is. */
function camelCase(name: string): string {
  if (/[a-z]/.test(name)) return name;
  return name.toLowerCase().replace(/_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** The variables that a key can be given by. */
export function variablesOf(path: readonly string[], { prefix, others }: VariableNames): string[] {
  const variable = prefix + path.map((part) => part.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toUpperCase()).join('__');
  const key = path.join('.');
  return Object.hasOwn(others, key) ? [variable, others[key] as string] : [variable];
}
