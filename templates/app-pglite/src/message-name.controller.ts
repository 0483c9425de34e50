import { Arg, IpAddress, SetVar, SpoeMessage } from '@spoa/framework';
import { BlockList } from './block-list.service.ts';

@SpoeMessage('message-name', {
  event: 'on-frontend-http-request',
  // What HAProxy gets where the database fails or is slow: trouble of our own keeps nobody out.
  fallback: { transaction: { blocked: false } },
  // The answer leaves when this is over, with the fallback if there is no other. HAProxy is told to wait 50 ms longer.
  deadlineMs: 500,
})
export class MessageNameController {
  constructor(private readonly blockList: BlockList) {}

  /** HAProxy's rules read the answer as `var(txn.app_name.blocked)`. */
  @SetVar('blocked', { scope: 'transaction' })
  handle(@Arg('ip', { sample: 'src' }) ip: IpAddress): Promise<boolean> {
    return this.blockList.has(ip);
  }
}
