import { Arg, Inject, IpAddress, SpoeMessage, type VariablesByScope } from '@spoa/framework';
import type { Logger } from 'pino';
import { ReputationService } from '../service/reputation-service.ts';

/** The token of the application's log. */
export const LOGGER = Symbol('logger');

/**
 * Answers `get-ip-reputation`: `ip_score` in the session, `ip_list` and `ip_reason` in the transaction where the address is in
 * a list. A client without an address (on a unix socket) gets no variables.
 */
@SpoeMessage('get-ip-reputation')
export class IpReputationController {
  readonly #reputation: ReputationService;
  readonly #log: Logger;

  constructor(reputation: ReputationService, @Inject(LOGGER) log: Logger) {
    this.#reputation = reputation;
    this.#log = log;
  }

  handle(@Arg('ip', { optional: true }) ip?: IpAddress): VariablesByScope | undefined {
    if (ip === undefined) return undefined;
    const { score, list, reason } = this.#reputation.lookup(ip);
    if (this.#log.isLevelEnabled('debug')) this.#log.debug({ ip: String(ip), score, list, reason }, 'decision');
    return { session: { ip_score: score }, transaction: { ip_list: list ?? null, ip_reason: reason ?? null } };
  }
}
