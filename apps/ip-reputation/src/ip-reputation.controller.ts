import { Arg, IpAddress, Logs, SpoeMessage, Var } from '@spoa/framework';
import { ReputationService } from './service/reputation-service.ts';

/** What HAProxy is told of an address: the score always, the rest where it is in a list. `null` unsets a variable. */
class Verdict {
  @Var('session', { name: 'ip_score' }) readonly score: number | null;
  @Var('transaction', { name: 'ip_list' }) readonly list: string | null;
  @Var('transaction', { name: 'ip_reason' }) readonly reason: string | null;

  constructor(score: number | null, list: string | undefined, reason: string | undefined) {
    this.score = score;
    this.list = list ?? null;
    this.reason = reason ?? null;
  }
}

/** Without an address. The score of the session may be that of another client, whom the same proxy came with. */
const NOBODY = new Verdict(null, undefined, undefined);

/**
 * Answers `get-ip-reputation`. The look-up is in memory and never waits: the deadline is what HAProxy's own patience is made
 * from. Where something fails, the request goes on without a score rather than with an old one.
 */
@SpoeMessage('get-ip-reputation', {
  deadlineMs: 50,
  fallback: { session: { ip_score: null }, transaction: { ip_list: null, ip_reason: null } },
  errorVar: { name: 'ip_error', scope: 'transaction' },
})
export class IpReputationController {
  readonly #reputation: ReputationService;
  readonly #log: ReturnType<Logs['for']>;

  constructor(reputation: ReputationService, logs: Logs) {
    this.#reputation = reputation;
    this.#log = logs.for(IpReputationController);
  }

  /** @param ip absent for a client on a unix socket */
  handle(@Arg('ip', { sample: 'src', optional: true }) ip?: IpAddress): Verdict {
    if (ip === undefined) return NOBODY;
    const { score, list, reason } = this.#reputation.lookup(ip);
    if (this.#log.isLevelEnabled('debug')) this.#log.debug({ ip: String(ip), score, list, reason }, 'decision');
    return new Verdict(score, list, reason);
  }
}
