import { Arg, type ArgOptions, IpAddress, SetVar, SpoeMessage } from '@spoa/framework';

/** Decorators are functions: what several controllers take has one place. */
const ClientIp = (options: ArgOptions = {}) => Arg('ip', { sample: 'src', ...options });

@SpoeMessage('get-ip-reputation', { event: 'on-frontend-http-request', if: '{ path_beg /api }' })
export class IpReputationController {
  @SetVar('ip_score', { scope: 'transaction' })
  handle(
    @ClientIp() ip: IpAddress,
    @Arg('agent', { sample: 'req.hdr(user-agent)', default: '' }) agent: string,
    @Arg('port', { sample: 'dst_port', optional: true }) port?: number,
  ): number {
    if (ip.equals(IpAddress.v4(0x7f000001))) return 100;
    return port === 443 && agent !== '' ? 60 : 20;
  }
}
