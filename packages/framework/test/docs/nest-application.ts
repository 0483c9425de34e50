import { Arg, Injectable, IpAddress, Module, SetVar, SpoaApplication, SpoeMessage } from '@spoa/framework';

@Injectable()
export class ReputationService {
  score(ip: IpAddress): number {
    return String(ip).startsWith('10.') ? 100 : 50;
  }
}

@SpoeMessage('get-ip-reputation', { event: 'on-frontend-http-request' })
export class ReputationController {
  constructor(private readonly reputation: ReputationService) {}

  @SetVar('ip_score', { scope: 'session' })
  handle(@Arg('ip', { sample: 'src' }) ip: IpAddress): number {
    return this.reputation.score(ip);
  }
}

@Module({ controllers: [ReputationController], providers: [ReputationService] })
export class AppModule {}

export async function bootstrap(port = 12345): Promise<SpoaApplication> {
  const app = await SpoaApplication.create(AppModule);
  await app.serve({ port });
  return app;
}
