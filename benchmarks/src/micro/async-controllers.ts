import { Arg, type IpAddress, SetVar, SpoeMessage } from '@spoa/framework';
import { AsyncIpController, Scores } from '../controllers.ts';

/** As `WafThreeController`, resolving at once. */
@SpoeMessage('waf-three')
class AsyncWafThreeController {
  constructor(private readonly scores: Scores) {}

  @SetVar('ip_score', { scope: 'session' })
  async handle(
    @Arg('method') method: string,
    @Arg('path') path: string,
    @Arg('ip', { type: 'ip' }) ip: IpAddress,
  ): Promise<number> {
    return this.scores.ofSize(method.length + path.length + ip.w0);
  }
}

/** As `WafAllController`, resolving at once, with a body of its own: no view outlives the read. */
@SpoeMessage('waf-all')
class AsyncWafAllController {
  constructor(private readonly scores: Scores) {}

  @SetVar('ip_score', { scope: 'session' })
  async handle(
    @Arg('app') app: string,
    @Arg('id') id: string,
    @Arg('method') method: string,
    @Arg('path') path: string,
    @Arg('query') query: string,
    @Arg('version') version: string,
    @Arg('headers', { type: 'latin1' }) headers: string,
    @Arg('ip', { type: 'ip' }) ip: IpAddress,
    @Arg('src-port') sourcePort: number,
    @Arg('dst-port') destinationPort: number,
    @Arg('ssl') ssl: boolean,
    @Arg('cached') cached: boolean,
    @Arg('ja3', { type: 'string', optional: true }) ja3: string | undefined,
    @Arg('body') body: Buffer,
  ): Promise<number> {
    const texts = app.length + id.length + method.length + path.length + query.length + version.length + headers.length;
    const rest = ip.w0 + sourcePort + destinationPort + Number(ssl) + Number(cached) + (ja3?.length ?? 0);
    return this.scores.ofSize(texts + rest + body.length);
  }
}

/** As `BigBodyController`, resolving at once, with a body of its own. */
@SpoeMessage('big-body')
class AsyncBigBodyController {
  constructor(private readonly scores: Scores) {}

  @SetVar('ip_score', { scope: 'session' })
  async handle(@Arg('body') body: Buffer): Promise<number> {
    return this.scores.ofSize(body.length);
  }
}

export const ASYNC_CONTROLLERS = [
  AsyncIpController,
  AsyncWafThreeController,
  AsyncWafAllController,
  AsyncBigBodyController,
];
