import { homedir } from 'node:os';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { type Database, type DatabaseLocation, openDatabase } from '../database/database.ts';
import { UsageError } from './exit-codes.ts';

/** The options that say where the database is. */
export interface DatabaseOptions {
  readonly data?: string;
  readonly databaseUrl?: string;
}

/** The folder of the embedded database when nobody names one: `IP_REPUTATION_DATA`, else one in the user's home. */
export function defaultDataDirectory(environment: NodeJS.ProcessEnv = process.env): string {
  const { IP_REPUTATION_DATA: folder, XDG_DATA_HOME: home } = environment;
  return folder || join(home || join(homedir(), '.local', 'share'), 'ip-reputation');
}

/** Adds `--data` and `--database-url`. */
export function addDatabaseOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--data <dir>', 'folder of the embedded database (env: IP_REPUTATION_DATA)').default(
        undefined,
        '~/.local/share/ip-reputation',
      ),
    )
    .addOption(new Option('--database-url <url>', 'a PostgreSQL server instead (env: DATABASE_URL)'));
}

/** Where the database is. An option beats the environment; `DATABASE_URL` beats a folder. */
export function locationOf(options: DatabaseOptions, environment: NodeJS.ProcessEnv = process.env): DatabaseLocation {
  const { data, databaseUrl } = options;
  if (data !== undefined && databaseUrl !== undefined) {
    throw new UsageError('--data and --database-url are two different databases: give one of them');
  }
  if (data !== undefined) return { dataDirectory: data };
  const url = databaseUrl ?? environment.DATABASE_URL;
  return url ? { url } : { dataDirectory: defaultDataDirectory(environment) };
}

/** Opens the database for a command, and closes it whatever happens. */
export async function withDatabase<Result>(
  options: DatabaseOptions,
  work: (database: Database) => Promise<Result>,
): Promise<Result> {
  const database = await openDatabase(locationOf(options));
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}
