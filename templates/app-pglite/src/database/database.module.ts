import { Module } from '@spoa/framework';
import { ConfigService } from '@spoa/framework/config';
import type { Settings } from '../config.ts';
import { Database } from './database.ts';

@Module({
  providers: [
    { provide: Database, inject: [ConfigService], useFactory: (config: ConfigService<Settings>) => open(config.value) },
  ],
  exports: [Database],
})
export class DatabaseModule {}

async function open({ databaseUrl, dataFolder }: Settings): Promise<Database> {
  // Each is loaded only where it is used: PGlite is a whole PostgreSQL.
  if (databaseUrl !== undefined) return (await import('./postgres.ts')).Postgres.open(databaseUrl);
  return (await import('./embedded.ts')).Embedded.open(dataFolder);
}
