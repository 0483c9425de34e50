import type { StandardSchemaV1 } from '@standard-schema/spec';
import { ConfigError, type ConfigFault } from './config-error.ts';
import { ConfigService, leavesOf } from './config-service.ts';
import { flagOf, readFlags } from './flags.ts';
import { type GivenValue, GivenValues } from './given-values.ts';
import type { Origin } from './origin.ts';
import { type IsSecret, isPlainObject, MASK, maskText, secretKeys } from './secrets.ts';
import { type Environment, readEnvFile, readVariables, variableOf } from './variables.ts';

export interface LoadConfigOptions<Schema extends StandardSchemaV1> {
  /** What the configuration must be: of zod, valibot, arktype, or any other library with Standard Schema. */
  schema: Schema;
  /** A YAML or JSON file, which must exist. The flag `--config` names another in its place. @default none */
  file?: string;
  /** A file of variables, which must exist; `false` for none. @default '.env', where there is one */
  envFile?: string | false;
  /** The variables. @default process.env */
  env?: Environment;
  /** Only variables that begin so are read, and it is no part of the key: `AGENT_`. @default '' */
  envPrefix?: string;
  /** The flags: `process.argv.slice(2)`. @default none */
  argv?: readonly string[];
  /** Keys that are masked, and all below them, besides those whose names tell: `database.dsn`. */
  secrets?: readonly string[];
}

/**
 * Reads the configuration from its sources. The later of them wins: the schema's own defaults, `file`, the file `.env`, the
 * environment, the flags. Variables and flags are text: turning it into numbers is the schema's part.
 *
 * @throws ConfigError (SPOA_CONFIG_INVALID) with all faults at once
 */
export async function loadConfig<Schema extends StandardSchemaV1>(
  options: LoadConfigOptions<Schema>,
): Promise<ConfigService<StandardSchemaV1.InferOutput<Schema>>> {
  const { schema, envFile, env = process.env, envPrefix = '', argv = [], secrets = [] } = options;
  const faults: ConfigFault[] = [];
  const flags = readFlags(argv, faults);
  const file = flags.file ?? options.file;
  const given = new GivenValues();
  for (const values of [
    file === undefined ? [] : await readFileValues(file, faults),
    await readEnvFile(envFile, envPrefix, faults),
    readVariables(env, envPrefix, (variable) => ({ from: 'environment', variable })),
    flags.values,
  ]) {
    for (const value of values) given.put(value);
  }
  // What a broken source would have given is not missing.
  if (faults.length > 0) throw new ConfigError(faults);

  const isSecret = secretKeys(secrets);
  const result = await schema['~standard'].validate(given.toInput());
  if (result.issues !== undefined) {
    const hints = (path: readonly string[]) => [
      variableOf(path, envPrefix),
      ...(options.argv === undefined ? [] : [flagOf(path)]),
      ...(file === undefined ? [] : [file]),
    ];
    throw new ConfigError(result.issues.flatMap((issue) => faultsOf(issue, given, isSecret, hints)));
  }
  const value = result.value as StandardSchemaV1.InferOutput<Schema>;
  const unread = unreadKeys(given, value);
  if (unread.length > 0) throw new ConfigError(unread);
  return new ConfigService(value, originsOf(value, given), isSecret, flags.print);
}

async function readFileValues(file: string, faults: ConfigFault[]): Promise<GivenValue[]> {
  // The parser behind it takes more time to load than all the rest: who has no file does not wait for it.
  const { readConfigFile } = await import('./file.ts');
  return readConfigFile(file, faults);
}

function faultsOf(
  issue: StandardSchemaV1.Issue,
  given: GivenValues,
  isSecret: IsSecret,
  hints: (path: readonly string[]) => readonly string[],
): ConfigFault[] {
  const path = (issue.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part));
  // zod tells of keys that it does not know in one issue, at what they are in.
  if ('keys' in issue && Array.isArray(issue.keys) && issue.keys.length > 0) {
    return issue.keys.map((key) => unknownKey([...path, String(key)], given.originAt([...path, String(key)])));
  }
  const origin = given.originAt(path);
  const problem = maskedProblem(issue.message, isSecret(path) ? given.valueAt(path) : undefined);
  const key = path.join('.');
  if (origin !== undefined) return [{ key, problem, origin }];
  if (path.length === 0 || given.has(path)) return [{ key, problem }];
  return [{ key, problem: `${problem} (not given: ${hints(path).join(', ')})` }];
}

/** Some libraries quote the value in the message, or its beginning. */
function maskedProblem(message: string, secret: unknown): string {
  if (secret === undefined || secret === '') return maskText(message);
  return maskText(message.replaceAll(String(secret), MASK).replace(/(received) .*/is, `$1 ${MASK}`));
}

/** What is written down for this program and read by nobody is most likely misspelled. */
function unreadKeys(given: GivenValues, value: unknown): ConfigFault[] {
  if (!isPlainObject(value)) return [];
  return [...given.topLevel()].flatMap(([key, origins]) => {
    if (Object.hasOwn(value, key)) return [];
    const origin = origins.find(({ from }) => from === 'file' || from === 'flag');
    return origin === undefined ? [] : [unknownKey([key], origin)];
  });
}

function unknownKey(path: readonly string[], origin: Origin | undefined): ConfigFault {
  const fault = { key: path.join('.'), problem: 'the schema has no such key' };
  return origin === undefined ? fault : { ...fault, origin };
}

function originsOf(value: unknown, given: GivenValues): Map<string, Origin> {
  return new Map(
    Array.from(leavesOf(value), (path) => [path.join('.'), given.originAt(path) ?? { from: 'default' }] as const),
  );
}
