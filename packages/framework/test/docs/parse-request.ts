import { Arg, type Settable, SetVar, SpoeMessage } from '@spoa/framework';
import { decodeHeaders, parseCookies } from '@spoa/framework/parse';

@SpoeMessage('classify')
export class ClassifyController {
  @SetVar('class', { scope: 'transaction' })
  handle(@Arg('headers', { type: 'view' }) bytes: Buffer, @Arg('cookies', { default: '' }) text: string): Settable {
    const headers = decodeHeaders(bytes);
    if (parseCookies(text).has('session')) return 'user';
    return headers.get('user-agent')?.includes('bot') ? 'bot' : 'guest';
  }
}
