import { Arg, IpAddress, SetVar, SpoeMessage } from '@spoa/framework';
import { BlockList } from './block-list.service.ts';

@SpoeMessage('message-name', {
  event: 'on-frontend-http-request',
  // What HAProxy gets where this fails: trouble of our own keeps nobody out.
  fallback: { transaction: { blocked: false } },
  // HAProxy is told to wait 50 ms longer than this. A `handle` that is async gets so much time, then the fallback leaves.
  deadlineMs: 500,
})
export class MessageNameController {
  constructor(private readonly blockList: BlockList) {}

  /** HAProxy's rules read the answer as `var(txn.app_name.blocked)`. */
  @SetVar('blocked', { scope: 'transaction' })
  handle(@Arg('ip', { sample: 'src' }) ip: IpAddress): boolean {
    return this.blockList.has(ip);
  }
}
