import { Logs, Module } from '@spoa/framework';
import { ConfigService } from '@spoa/framework/config';
import { seedBundledLists } from '../lists/seed.ts';
import type { SettingsService } from '../settings.ts';
import { AGENT_APPLICATION } from './application-names.ts';
import { Database, openDatabase } from './database.ts';
import { locationOf } from './location.ts';

/** How long commands that use the embedded database through this process may go on when it ends, in milliseconds. */
const CLOSE_GRACE_MS = 5000;

/** The database, with our schema: the first thing that is opened, and the last that is closed. */
@Module({
  providers: [
    {
      provide: Database,
      inject: [ConfigService, Logs],
      useFactory: openSeeded,
      dispose: (database: Database) => database.close(CLOSE_GRACE_MS),
    },
  ],
  exports: [Database],
})
export class DatabaseModule {}

async function openSeeded(config: SettingsService, logs: Logs): Promise<Database> {
  const log = logs.for(Database);
  log.info('opening the database: making a new one takes some seconds');
  const database = await openDatabase(locationOf(config), AGENT_APPLICATION);
  const entries = config.get('seed') ? await seedBundledLists(database) : 0;
  if (entries > 0) log.info({ entries }, 'filled a new database with the bundled lists');
  return database;
}
