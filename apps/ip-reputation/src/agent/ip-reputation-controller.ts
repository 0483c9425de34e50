import { Arg, Inject, IpAddress, SpoeMessage, Var } from '@spoa/framework';
import type { Logger } from 'pino';
import { ReputationService } from '../service/reputation-service.ts';

/** The token of the application's log. */
export const LOGGER = Symbol('logger');

/** What HAProxy is told of an address: the score always, the rest where it is in a list. `null` unsets a variable. */
class Verdict {
  @Var('session', { name: 'ip_score' }) readonly score: number;
  @Var('transaction', { name: 'ip_list' }) readonly list: string | null;
  @Var('transaction', { name: 'ip_reason' }) readonly reason: string | null;

  constructor(score: number, list: string | undefined, reason: string | undefined) {
    this.score = score;
    this.list = list ?? null;
    this.reason = reason ?? null;
  }
}

/** Answers `get-ip-reputation`. A client without an address (on a unix socket) gets no variables. */
@SpoeMessage('get-ip-reputation')
export class IpReputationController {
  readonly #reputation: ReputationService;
  readonly #log: Logger;

  constructor(reputation: ReputationService, @Inject(LOGGER) log: Logger) {
    this.#reputation = reputation;
    this.#log = log;
  }

  handle(@Arg('ip', { optional: true }) ip?: IpAddress): Verdict | undefined {
    if (ip === undefined) return undefined;
    const { score, list, reason } = this.#reputation.lookup(ip);
    if (this.#log.isLevelEnabled('debug')) this.#log.debug({ ip: String(ip), score, list, reason }, 'decision');
    return new Verdict(score, list, reason);
  }
}
