import { ConfigError } from '@spoa/framework/config';
import { type Command, Option } from 'commander';
import { getDefault } from 'valibot';
import { type Database, openDatabase } from '../database/database.ts';
import { locationOf } from '../database/location.ts';
import { loadSettings, type Settings, type SettingsService, settings } from '../settings.ts';
import { EXIT } from './exit-codes.ts';

/** Commander knows the flags and what `--help` says of them. Defaults, variables and what is right are the settings' own. */
const FLAGS = {
  host: ['--host <address>', 'address to listen on'],
  port: ['--port <port>', 'TCP port to listen on, 0 for a free one'],
  socket: ['--socket <path>', 'listen on a unix socket too'],
  socketMode: ['--socket-mode <mode>', 'its permissions'],
  data: ['--data <dir>', 'folder of the embedded database'],
  databaseUrl: ['--database-url <url>', 'a PostgreSQL server instead'],
  seed: ['--seed', 'fill a new database with the bundled lists'],
  defaultScore: ['--default-score <n>', 'score of an address in no list'],
  logLevel: ['--log-level <level>', 'debug: each decision; trace: connections and health checks, too'],
  adminHost: ['--admin-host <address>', 'address of the admin server'],
  adminPort: ['--admin-port <port>', 'serve /metrics, /livez, /readyz and /info'],
} as const satisfies Record<keyof Settings, readonly [flags: string, description: string]>;

/** For the end of `--help`. */
export const WHERE_SETTINGS_COME_FROM = `
Options with a default, and those of the database, may also be keys of the file that --config names (defaultScore: 50),
or variables, in .env or the environment (IP_REPUTATION_DEFAULT_SCORE=50). Flags win over variables, those over the file.
DATABASE_URL names the database server as well.`;

/**
 * Adds options for settings, and `--config`.
 *
 * @param schema with the defaults to tell
 */
export function addSettings(command: Command, keys: readonly (keyof Settings)[], schema = settings): Command {
  for (const key of keys) {
    const [flags, description] = FLAGS[key];
    const value = getDefault(schema.entries[key]);
    const told = value === undefined || value === false ? description : `${description} (default: ${value})`;
    const option = new Option(flags, told);
    command.addOption(key === 'data' ? option.conflicts('databaseUrl') : option);
  }
  return command.option('--config <file>', 'YAML or JSON file of settings');
}

/** What {@link loadSettings} makes of the options that were given. Faults end the command with {@link EXIT.usage}. */
export async function settingsOf(command: Command, schema = settings): Promise<SettingsService> {
  const flags = command.options.flatMap((option) => {
    const value: unknown = command.getOptionValue(option.attributeName());
    const isSetting = option.attributeName() in FLAGS || option.long === '--config' || option.long === '--print-config';
    return isSetting && value !== undefined ? [`${option.long}=${value}`] : [];
  });
  try {
    return await loadSettings(flags, schema);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return command.error(error.message, { exitCode: EXIT.usage });
  }
}

/** Opens the database for a command, and closes it whatever happens. */
export async function withDatabase<Result>(
  command: Command,
  work: (database: Database, settings: SettingsService) => Promise<Result>,
): Promise<Result> {
  const settings = await settingsOf(command);
  const database = await openDatabase(locationOf(settings));
  try {
    return await work(database, settings);
  } finally {
    await database.close();
  }
}
