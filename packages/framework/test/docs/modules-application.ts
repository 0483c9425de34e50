import { Arg, Inject, Injectable, type IpAddress, Module, Optional, SetVar, SpoeMessage } from '@spoa/framework';
import { Database, DatabaseModule } from './modules-database.ts';

@Module({
  global: true,
  providers: [{ provide: 'DATABASE_URL', useFactory: () => process.env.DATABASE_URL ?? 'pglite:data' }],
  exports: ['DATABASE_URL'],
})
export class SettingsModule {}

@Injectable()
export class ReputationService {
  constructor(
    private readonly database: Database,
    @Optional() @Inject('PENALTY') private readonly penalty = 0,
  ) {}

  async score(ip: IpAddress): Promise<number> {
    return (await this.database.score(String(ip))) - this.penalty;
  }
}

@SpoeMessage('get-ip-reputation', { event: 'on-client-session' })
export class IpReputationController {
  constructor(private readonly reputation: ReputationService) {}

  @SetVar('ip_score', { scope: 'session' })
  handle(@Arg('ip', { sample: 'src' }) ip: IpAddress): Promise<number> {
    return this.reputation.score(ip);
  }
}

@Module({
  imports: [
    SettingsModule,
    DatabaseModule.forRootAsync({ inject: ['DATABASE_URL'], useFactory: async (url: string) => ({ url }) }),
  ],
  controllers: [IpReputationController],
  providers: [ReputationService],
})
export class AppModule {}
