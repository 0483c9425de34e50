import { Arg, Context, type IpAddress, type NotifyContext, SetVar, SpoeMessage } from '@spoa/framework';

@SpoeMessage('get-ip-reputation', {
  fallback: { session: { ip_score: 50 } },
  deadlineMs: 50,
  errorVar: { name: 'ip_error', scope: 'session' },
})
export class IpReputationController {
  @SetVar('ip_score', { scope: 'session' })
  async handle(@Arg('ip') ip: IpAddress, @Context() notify: NotifyContext): Promise<number> {
    const answer = await fetch(`http://127.0.0.1:8080/${ip}`, { signal: notify.signal });
    return Number(await answer.text());
  }
}
