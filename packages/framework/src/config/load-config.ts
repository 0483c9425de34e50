import type { StandardSchemaV1 } from '@standard-schema/spec';
import { ConfigError, type ConfigFault } from './config-error.ts';
import { ConfigService, leavesOf } from './config-service.ts';
import { faultsOf, unreadKeys } from './find-faults.ts';
import { readFlags } from './flags.ts';
import { type GivenValue, GivenValues } from './given-values.ts';
import type { Origin } from './origin.ts';
import { printConfig } from './print-config.ts';
import { printHelp } from './print-help.ts';
import { schemaKeys } from './schema-keys.ts';
import { secretKeys } from './secrets.ts';
import { type Environment, readEnvFile, readVariables } from './variables.ts';

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
  /** Variables besides, for those that are known by a name of their own, by key: `{ databaseUrl: 'DATABASE_URL' }`. */
  variables?: Readonly<Record<string, string>>;
  /** The flags: `process.argv.slice(2)`. @default none */
  argv?: readonly string[];
  /** Keys that are masked, and all below them, besides those whose names tell: `database.dsn`. */
  secrets?: readonly string[];
}

/**
 * Reads the configuration from its sources. The later of them wins: the schema's own defaults, `file`, the file `.env`, the
 * environment, the flags. Variables and flags are text: turning it into numbers is the schema's part.
 *
 * With `--print-config` or `--help` in `argv` it prints what is in force, secrets masked, or what there is to set, and ends the
 * process with exit code 0.
 *
 * @throws ConfigError (SPOA_CONFIG_INVALID) with all faults at once
 */
export async function loadConfig<Schema extends StandardSchemaV1>(
  options: LoadConfigOptions<Schema>,
): Promise<ConfigService<StandardSchemaV1.InferOutput<Schema>>> {
  const { schema, envFile, env = process.env, argv = [], secrets = [] } = options;
  const names = { prefix: options.envPrefix ?? '', others: options.variables ?? {} };
  const isSecret = secretKeys(secrets);
  const faults: ConfigFault[] = [];
  const flags = readFlags(argv, faults);
  if (flags.help) await printAndEnd(printHelp(schemaKeys(schema), names, isSecret));
  const file = flags.file ?? options.file;
  const given = new GivenValues();
  for (const values of [
    file === undefined ? [] : await readFileValues(file, faults),
    await readEnvFile(envFile, names, faults),
    readVariables(env, names, (variable) => ({ from: 'environment', variable })),
    flags.values,
  ]) {
    for (const value of values) given.put(value);
  }
  // What a broken source would have given is not missing.
  if (faults.length > 0) throw new ConfigError(faults);

  const gathered = { schema, given, isSecret, names, hasFlags: options.argv !== undefined, file };
  const result = await schema['~standard'].validate(given.toInput());
  if (result.issues !== undefined) throw new ConfigError(faultsOf(result.issues, gathered));
  const value = result.value as StandardSchemaV1.InferOutput<Schema>;
  const unread = unreadKeys(value, gathered);
  if (unread.length > 0) throw new ConfigError(unread);
  const config = new ConfigService(value, originsOf(value, given), isSecret);
  if (flags.print) await printAndEnd(printConfig(config));
  return config;
}

async function printAndEnd(text: string): Promise<never> {
  // A pipe takes its time, and what is not written when the process ends is lost.
  await new Promise((resolve) => process.stdout.write(text, resolve));
  process.exit(0);
}

async function readFileValues(file: string, faults: ConfigFault[]): Promise<GivenValue[]> {
  // The parser behind it takes more time to load than all the rest: who has no file does not wait for it.
  const { readConfigFile } = await import('./file.ts');
  return readConfigFile(file, faults);
}

function originsOf(value: unknown, given: GivenValues): Map<string, Origin> {
  return new Map(
    Array.from(leavesOf(value), (path) => [path.join('.'), given.originAt(path) ?? { from: 'default' }] as const),
  );
}
