import { Injectable, NotifyContext, SetVar, SpoeMessage } from '@spoa/framework';
import { Database } from './modules-database.ts';

/** What the messages of one NOTIFY have in common: made when the first of them asks, disposed when the NOTIFY is answered. */
@Injectable({ scope: 'message' })
export class Transaction implements Disposable {
  readonly startedAt = performance.now();

  constructor(
    readonly database: Database,
    readonly notify: NotifyContext,
  ) {}

  [Symbol.dispose](): void {}
}

/** Made for each NOTIFY as well, because it needs what is. */
@SpoeMessage('begin')
export class BeginController {
  constructor(private readonly transaction: Transaction) {}

  @SetVar('stream', { scope: 'transaction' })
  handle(): number {
    return this.transaction.notify.streamId;
  }
}
