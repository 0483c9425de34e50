import { Arg, Injectable, IpAddress, SetVar, SpoeMessage } from '@spoa/framework';

/** The work of every message: as little as a real service could do, and the same in each form of agent. */
@Injectable()
export class Scores {
  /** Handlers that await a timer, and the most there were. */
  #inFlight = 0;
  peakInFlight = 0;

  ofAddress(ip: IpAddress): number {
    return ip.w0 & 127;
  }

  ofSize(size: number): number {
    return size & 127;
  }

  /** After a millisecond: what a handler looks like that asks somebody else. */
  async ofAddressLater(ip: IpAddress): Promise<number> {
    this.#inFlight++;
    this.peakInFlight = Math.max(this.peakInFlight, this.#inFlight);
    await new Promise((resolve) => setTimeout(resolve, 1));
    this.#inFlight--;
    return this.ofAddress(ip);
  }
}

@SpoeMessage('get-ip-reputation')
export class IpController {
  constructor(private readonly scores: Scores) {}

  @SetVar('ip_score', { scope: 'session' })
  handle(@Arg('ip') ip: IpAddress): number {
    return this.scores.ofAddress(ip);
  }
}

/** Three of the fourteen arguments of the generator's `waf` profile. */
@SpoeMessage('waf-three')
export class WafThreeController {
  constructor(private readonly scores: Scores) {}

  @SetVar('ip_score', { scope: 'session' })
  handle(@Arg('method') method: string, @Arg('path') path: string, @Arg('ip') ip: IpAddress): number {
    return this.scores.ofSize(method.length + path.length + ip.w0);
  }
}

@SpoeMessage('waf-all')
export class WafAllController {
  constructor(private readonly scores: Scores) {}

  @SetVar('ip_score', { scope: 'session' })
  handle(
    @Arg('app') app: string,
    @Arg('id') id: string,
    @Arg('method') method: string,
    @Arg('path') path: string,
    @Arg('query') query: string,
    @Arg('version') version: string,
    @Arg('headers', { type: 'latin1' }) headers: string,
    @Arg('ip') ip: IpAddress,
    @Arg('src-port') sourcePort: number,
    @Arg('dst-port') destinationPort: number,
    @Arg('ssl') ssl: boolean,
    @Arg('cached') cached: boolean,
    @Arg('ja3', { optional: true }) ja3: string | undefined,
    @Arg('body', { type: 'view' }) body: Buffer,
  ): number {
    const texts = app.length + id.length + method.length + path.length + query.length + version.length + headers.length;
    const rest = ip.w0 + sourcePort + destinationPort + Number(ssl) + Number(cached) + (ja3?.length ?? 0);
    return this.scores.ofSize(texts + rest + body.length);
  }
}

@SpoeMessage('big-body')
export class BigBodyController {
  constructor(private readonly scores: Scores) {}

  @SetVar('ip_score', { scope: 'session' })
  handle(@Arg('body', { type: 'view' }) body: Buffer): number {
    return this.scores.ofSize(body.length);
  }
}

/** Resolves at once: what an async handler costs by itself. */
@SpoeMessage('get-ip-reputation')
export class AsyncIpController {
  constructor(private readonly scores: Scores) {}

  @SetVar('ip_score', { scope: 'session' })
  async handle(@Arg('ip') ip: IpAddress): Promise<number> {
    return this.scores.ofAddress(ip);
  }
}

/** As `WafThreeController`, resolving at once. */
@SpoeMessage('waf-three')
export class AsyncWafThreeController {
  constructor(private readonly scores: Scores) {}

  @SetVar('ip_score', { scope: 'session' })
  async handle(@Arg('method') method: string, @Arg('path') path: string, @Arg('ip') ip: IpAddress): Promise<number> {
    return this.scores.ofSize(method.length + path.length + ip.w0);
  }
}

/** As `WafAllController`, resolving at once, with a body of its own: no view outlives the read. */
@SpoeMessage('waf-all')
export class AsyncWafAllController {
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
    @Arg('ip') ip: IpAddress,
    @Arg('src-port') sourcePort: number,
    @Arg('dst-port') destinationPort: number,
    @Arg('ssl') ssl: boolean,
    @Arg('cached') cached: boolean,
    @Arg('ja3', { optional: true }) ja3: string | undefined,
    @Arg('body') body: Buffer,
  ): Promise<number> {
    const texts = app.length + id.length + method.length + path.length + query.length + version.length + headers.length;
    const rest = ip.w0 + sourcePort + destinationPort + Number(ssl) + Number(cached) + (ja3?.length ?? 0);
    return this.scores.ofSize(texts + rest + body.length);
  }
}

/** As `BigBodyController`, resolving at once, with a body of its own. */
@SpoeMessage('big-body')
export class AsyncBigBodyController {
  constructor(private readonly scores: Scores) {}

  @SetVar('ip_score', { scope: 'session' })
  async handle(@Arg('body') body: Buffer): Promise<number> {
    return this.scores.ofSize(body.length);
  }
}

@SpoeMessage('get-ip-reputation')
export class TimersIpController {
  constructor(private readonly scores: Scores) {}

  @SetVar('ip_score', { scope: 'session' })
  handle(@Arg('ip') ip: IpAddress): Promise<number> {
    return this.scores.ofAddressLater(ip);
  }
}

export const CONTROLLERS = [IpController, WafThreeController, WafAllController, BigBodyController];
export const ASYNC_CONTROLLERS = [
  AsyncIpController,
  AsyncWafThreeController,
  AsyncWafAllController,
  AsyncBigBodyController,
];
export const TIMERS_CONTROLLERS = [TimersIpController, WafThreeController, WafAllController, BigBodyController];
