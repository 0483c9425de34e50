import { Logs, Module } from '@spoa/framework';
import { ConfigService } from '@spoa/framework/config';
import { DatabaseModule } from './database/database.module.ts';
import { Database } from './database/database.ts';
import { IpReputationController } from './ip-reputation.controller.ts';
import { ReputationService } from './service/reputation-service.ts';
import type { SettingsService } from './settings.ts';

/** What there is, but for the settings, which are of whoever starts it. */
@Module({
  imports: [DatabaseModule],
  controllers: [IpReputationController],
  providers: [
    {
      provide: ReputationService,
      inject: [Database, ConfigService, Logs],
      useFactory: (database: Database, config: SettingsService, logs: Logs) =>
        new ReputationService(database, {
          defaultScore: config.get('defaultScore'),
          log: logs.for(ReputationService),
        }),
    },
  ],
})
export class AppModule {}
