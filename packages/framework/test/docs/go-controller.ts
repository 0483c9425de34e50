import { Arg, IpAddress, SetVar, SpoaApplication, SpoeMessage } from '@spoa/framework';

@SpoeMessage('get-ip-reputation', { event: 'on-client-session' })
export class IpReputationController {
  @SetVar('ip_score', { scope: 'session' })
  handle(@Arg('ip', { sample: 'src' }) _ip: IpAddress): number {
    return Math.floor(Math.random() * 100);
  }
}

export async function main(port = 3000): Promise<SpoaApplication> {
  const app = await SpoaApplication.create({ controllers: [IpReputationController] });
  await app.serve({ host: '127.0.0.1', port });
  return app;
}
