import {
  Arg,
  Args,
  bin,
  IpAddress,
  int32,
  int64,
  Message,
  SpoeMessage,
  str,
  uint32,
  uint64,
  Var,
} from '@spoa/framework';
import { expect, test } from 'vitest';
import { useApplication } from './support/application.ts';
import { describeCombinations } from './support/combinations.ts';

/*
 * The example of HAProxy's script agent (PARITY.md, S1-70 to S1-72), in TypeScript: a message with five unnamed arguments
 * is answered with a variable of each of the ten types, which HAProxy prints, and a score, which it redirects to.
 */
const SPOE = `
spoe-message check-client-ip
  args always_true int(1234) src ipv6(::55) req.fhdr(host)
  event on-frontend-http-request
`;

const FRONTEND = `
  log-format "null=%[var(txn.iprep.null)] boolean=%[var(txn.iprep.boolean)] int32=%[var(txn.iprep.int32)] uint32=%[var(txn.iprep.uint32)] int64=%[var(txn.iprep.int64)] uint64=%[var(txn.iprep.uint64)] ipv4=%[var(txn.iprep.ipv4)] ipv6=%[var(txn.iprep.ipv6)] str=%[var(txn.iprep.str)] bin=%[var(txn.iprep.bin),hex]"
  http-request redirect location /%[var(sess.iprep.ip_score)] if { var(sess.iprep.ip_score) -m found }
`;

class ExampleVariables {
  @Var('transaction') null = null;
  @Var('transaction') boolean = true;
  @Var('transaction') int32 = int32(-1234);
  @Var('transaction') uint32 = uint32(4_000_000_000);
  @Var('transaction') int64 = int64(-(2n ** 40n));
  @Var('transaction') uint64 = uint64(2n ** 62n);
  @Var('transaction') ipv4 = IpAddress.parse('192.0.2.7');
  @Var('transaction') ipv6 = IpAddress.parse('2001:db8::7');
  @Var('transaction') str = str('a string');
  @Var('transaction') bin = bin(Buffer.from([0x00, 0xff, 0x10]));
  @Var('session', { name: 'ip_score' }) score: number;

  constructor(score: number) {
    this.score = score;
  }
}

/** What the handler was called with. */
const received: unknown[] = [];

@SpoeMessage('check-client-ip', { event: 'on-frontend-http-request' })
class ExampleController {
  handle(
    @Arg(0) flag: boolean,
    @Arg(1) number: number,
    @Arg(2) source: IpAddress,
    @Arg(3) constant: IpAddress,
    @Arg(4) host: string,
    @Args() message: Message,
  ): ExampleVariables {
    received.push([flag, number, String(source), String(constant), host, message.length]);
    return new ExampleVariables(flag ? 77 : 0);
  }
}

describeCombinations((combination) => {
  const pair = useApplication(combination, {
    spoe: SPOE,
    frontend: FRONTEND,
    prefix: 'iprep',
    controllers: [ExampleController],
  });

  test('five unnamed arguments in, a variable of each type and a score out', async () => {
    received.length = 0;
    const { status, headers } = await pair.get('/', { host: 'www.example.org', localAddress: '127.0.0.9' });
    expect(received).toEqual([[true, 1234, '127.0.0.9', '::55', 'www.example.org', 5]]);
    expect({ status, location: headers.location }).toEqual({ status: 302, location: '/77' });
    expect(await pair.haproxy.waitForLog(/^null=/)).toBe(
      'null=- boolean=1 int32=-1234 uint32=4000000000 int64=-1099511627776 uint64=4611686018427387904 ' +
        'ipv4=192.0.2.7 ipv6=2001:db8::7 str=a string bin=00FF10',
    );
  });
});
