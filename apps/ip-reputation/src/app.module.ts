import { type DynamicModule, Logs, Module } from '@spoa/framework';
import { ConfigModule, ConfigService } from '@spoa/framework/config';
import { DatabaseModule } from './database/database.module.ts';
import { Database } from './database/database.ts';
import { IpReputationController } from './ip-reputation.controller.ts';
import { ReputationService } from './service/reputation-service.ts';
import type { SettingsService } from './settings.ts';

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
export class AppModule {
  /** The whole application. Without its settings there is only what it looks like from HAProxy's side. */
  static forRoot(config: SettingsService): DynamicModule {
    const provided = { provide: ConfigService, useValue: config };
    const configured = { module: ConfigModule, global: true, providers: [provided], exports: [ConfigService] };
    return { module: AppModule, imports: [configured] };
  }
}
