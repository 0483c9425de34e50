import { homedir } from 'node:os';
import { join } from 'node:path';
import { type ConfigService, loadConfig } from '@spoa/framework/config';
import * as v from 'valibot';

/** Where the agent listens if nobody says otherwise, and where HAProxy looks for it. */
export const DEFAULT_PORT = 12_345;

const ENV_PREFIX = 'IP_REPUTATION_';

/** At `debug` every decision is shown, at `trace` connections and health checks as well. */
const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

const text = v.pipe(v.string(), v.nonEmpty());
const port = integer(0, 65_535);

/** What an application may have other defaults for. */
export interface SettingsDefaults {
  readonly data?: string;
  readonly logLevel?: (typeof LOG_LEVELS)[number];
  readonly seed?: boolean;
}

/** What can be set: by a key of a file, a variable or a flag. */
export function settingsWith(defaults: SettingsDefaults = {}) {
  return v.object({
    host: v.optional(text, '127.0.0.1'),
    port: v.optional(port, DEFAULT_PORT),
    socket: v.optional(text),
    socketMode: v.optional(
      // A number of a file is no mode: YAML reads 0o660 as 432, which would let everybody write.
      v.pipe(v.string('must be text: "660"'), v.regex(/^0?[0-7]{3}$/, 'must be three octal digits')),
      '660',
    ),
    data: v.optional(text, defaults.data ?? defaultDataDirectory()),
    databaseUrl: v.optional(text),
    seed: v.optional(
      v.pipe(v.union([v.boolean(), v.picklist(['true', 'false'])]), v.transform(isTrue)),
      defaults.seed ?? false,
    ),
    defaultScore: v.optional(integer(0, 100), 100),
    logLevel: v.optional(v.picklist(LOG_LEVELS), defaults.logLevel ?? 'info'),
    adminHost: v.optional(text, '127.0.0.1'),
    adminPort: v.optional(port),
  });
}

export const settings = settingsWith();

export type Settings = v.InferOutput<typeof settings>;

/** The settings as they are injected. */
export type SettingsService = ConfigService<Settings>;

/**
 * Reads the settings, each from the last source that has it: the defaults, the file that `--config` names, `.env`, the
 * environment, the flags. With `--print-config` they are printed, and the process ends.
 *
 * @param flags such as `--port=12345`
 * @param schema with defaults of one's own: {@link settingsWith}
 * @throws ConfigError (SPOA_CONFIG_INVALID) with all faults at once
 */
export function loadSettings(
  flags: readonly string[],
  schema: typeof settings = settings,
  env: NodeJS.ProcessEnv = process.env,
): Promise<SettingsService> {
  // Programs that use PostgreSQL commonly know the database without a prefix.
  return loadConfig({ schema, argv: flags, env, envPrefix: ENV_PREFIX, variables: { databaseUrl: 'DATABASE_URL' } });
}

/** Text, as variables and flags are, or a number. */
function integer(low: number, high: number) {
  const problem = `must be an integer from ${low} to ${high}`;
  const number = v.union([v.number(), v.pipe(v.string(), v.digits(), v.toNumber())], problem);
  return v.pipe(
    number,
    v.check((value) => Number.isInteger(value) && value >= low && value <= high, problem),
  );
}

function isTrue(value: boolean | 'true' | 'false'): boolean {
  return value === true || value === 'true';
}

/** The folder of the embedded database when nobody names one. */
function defaultDataDirectory(): string {
  return join(process.env.XDG_DATA_HOME || join(homedir(), '.local', 'share'), 'ip-reputation');
}
