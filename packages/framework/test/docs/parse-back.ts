import { Arg, SetVar, SpoeMessage } from '@spoa/framework';
import { encodeHeaderNames, encodeHeaders } from '@spoa/framework/parse';

@SpoeMessage('label')
export class LabelController {
  @SetVar('headers', { scope: 'transaction' })
  handle(@Arg('path') path: string): Buffer {
    return encodeHeaders([
      ['x-area', path.startsWith('/admin') ? 'admin' : 'public'],
      ['x-checked-by', 'agent'],
    ]);
  }
}

/** For `del-headers-bin`. */
export const unwanted = encodeHeaderNames(['x-forwarded-for', 'x-real-ip']);
