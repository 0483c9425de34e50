import { Arg, IpAddress, SetVar, SpoeMessage, Var } from '@spoa/framework';

export class Verdict {
  /** Read by rules of the request and of the response: a request has one transaction. */
  @Var('transaction') verdict!: string;
  /** Read by later requests of the same client: the connection has one session. */
  @Var('session') seen!: boolean;
}

@SpoeMessage('request', { event: 'on-frontend-http-request' })
export class RequestController {
  handle(
    @Arg('ip') _ip: IpAddress,
    @Arg('path', { type: 'latin1' }) path: string,
    @Arg('seen', { default: false }) seen: boolean,
  ): Verdict {
    const verdict = new Verdict();
    verdict.verdict = path.startsWith('/admin') ? 'deny' : seen ? 'known' : 'new';
    verdict.seen = true;
    return verdict;
  }
}

@SpoeMessage('login')
export class LoginController {
  @SetVar('user', { scope: 'request' })
  handle(@Arg('user', { optional: true }) user?: string): string {
    return user ?? 'nobody';
  }
}

@SpoeMessage('response', { event: 'on-http-response' })
export class ResponseController {
  @SetVar('summary', { scope: 'response' })
  handle(@Arg('status') status: number, @Arg('verdict', { default: 'none' }) verdict: string): string {
    return `${verdict} ${status}`;
  }
}
