import {
  Arg,
  type CanActivate,
  type ExecutionContext,
  Injectable,
  IpAddress,
  Module,
  SetVar,
  SpoeMessage,
  UseGuards,
} from '@spoa/framework';

@Injectable()
export class Reputation {
  async score(ip: IpAddress): Promise<number> {
    const answer = await fetch(`https://reputation.example/${ip}`);
    return Number(await answer.text());
  }
}

@Injectable()
export class KnownAgents implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    return String(context.message.get('agent')).startsWith('Mozilla');
  }
}

@SpoeMessage('check-bot', {
  event: 'on-frontend-http-request',
  deadlineMs: 20,
  fallback: { transaction: { bot_score: 50 } },
  errorVar: { name: 'bot_error', scope: 'transaction' },
})
@UseGuards(KnownAgents)
export class BotController {
  constructor(private readonly reputation: Reputation) {}

  @SetVar('bot_score', { scope: 'transaction' })
  async handle(
    @Arg('ip', { sample: 'src' }) ip: IpAddress,
    @Arg('agent', { sample: 'req.hdr(user-agent)', optional: true }) agent?: string,
  ): Promise<number> {
    return agent === undefined ? 100 : this.reputation.score(ip);
  }
}

@Module({ controllers: [BotController], providers: [Reputation] })
export class AppModule {}
