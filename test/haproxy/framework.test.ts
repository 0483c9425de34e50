import {
  Arg,
  Context,
  defineMessage,
  EngineId,
  FrameId,
  Inject,
  Injectable,
  IpAddress,
  type NotifyContext,
  SetVar,
  SpoeMessage,
  StreamId,
  type VariablesByScope,
} from '@spoa/framework';
import { expect, test } from 'vitest';
import { useApplication } from './support/application.ts';
import { describeCombinations } from './support/combinations.ts';
import { headerOf } from './support/response.ts';

const SPOE = `
spoe-message get-ip-reputation
  args ip=src
  event on-frontend-http-request if { path /reputation }

spoe-message classify
  args path=path method=method size=req.hdr(content-length),add(0) agent=req.hdr(user-agent) raw=req.hdr(x-raw)
  event on-frontend-http-request if { path /classify }

spoe-message look-up
  args host=req.hdr(host) port=dst_port
  event on-frontend-http-request if { path_beg /look-up }

spoe-message look-up-more
  args number=int(9223372036854775807)
  event on-frontend-http-request if { path /look-up/more }

spoe-message fail
  args reason=req.hdr(x-reason)
  event on-frontend-http-request if { path /look-up/fail }

spoe-message unheard-of
  event on-frontend-http-request if { path /unheard-of }
`;

const VARIABLES = [
  'sess.p.ip_score',
  'txn.p.class',
  'txn.p.size',
  'req.p.agent',
  'txn.p.name',
  'txn.p.big',
  'txn.p.ids',
  'txn.p.error',
];
const FRONTEND = `http-request return status 200 ${VARIABLES.map((name) => `hdr ${name} "%[var(${name})]"`).join(' ')}`;

@Injectable()
class ReputationService {
  readonly #unknown: number;

  constructor(@Inject('unknown score') unknown: number) {
    this.#unknown = unknown;
  }

  async score(ip: IpAddress): Promise<number> {
    await new Promise((resolve) => setImmediate(resolve));
    return ip.toString() === '127.0.0.9' ? 10 : this.#unknown;
  }
}

@SpoeMessage('get-ip-reputation')
class IpReputationController {
  constructor(private readonly reputation: ReputationService) {}

  @SetVar('ip_score', { scope: 'session' })
  handle(@Arg('ip') ip: IpAddress): Promise<number> {
    return this.reputation.score(ip);
  }
}

@SpoeMessage('classify')
class ClassifyController {
  handle(
    @Arg('path') path: string,
    @Arg('method') method: string,
    @Arg('size', { default: -1 }) size: number,
    @Arg('agent', { type: 'string', optional: true }) agent: string | undefined,
    @Arg('raw', { type: 'latin1', default: '' }) raw: string,
    @EngineId() engineId: string,
    @StreamId() streamId: number,
    @FrameId() frameId: number,
    @Context() notify: NotifyContext,
  ): VariablesByScope {
    const sameIds =
      engineId === notify.engineId &&
      streamId === notify.streamId &&
      frameId === notify.frameId &&
      engineId.length === 36;
    return {
      transaction: { class: `${method} ${path} ${raw}`, size, ids: sameIds },
      request: { agent },
    };
  }
}

const lookUp = defineMessage({
  name: 'look-up',
  args: { host: 'string', port: 'number' },
  vars: { name: { scope: 'transaction', type: 'string' } },
  handle: ({ host, port }) => ({ name: `${host} ${port > 1023 ? 'high' : 'low'}` }),
});

const lookUpMore = defineMessage({
  name: 'look-up-more',
  args: { number: 'bigint' },
  vars: { big: { scope: 'transaction', type: 'number' } },
  handle: async ({ number }) => ({ big: number - 1n }),
});

const fail = defineMessage({
  name: 'fail',
  args: { reason: 'string' },
  handle: ({ reason }) => {
    throw new Error(reason);
  },
});

describeCombinations((combination) => {
  const pair = useApplication(combination, {
    spoe: SPOE,
    frontend: FRONTEND,
    controllers: [IpReputationController, ClassifyController, lookUp, lookUpMore, fail],
    providers: [{ provide: 'unknown score', useValue: 80 }, ReputationService],
  });

  test('what a service knows, later, becomes a variable of the session', async () => {
    expect((await pair.get('/reputation', { localAddress: '127.0.0.9' })).headers['sess.p.ip_score']).toBe('10');
    expect((await pair.get('/reputation')).headers['sess.p.ip_score']).toBe('80');
  });

  test('arguments are bound by type, with what stands in where HAProxy has nothing to send', async () => {
    const headers = { 'content-length': '2', 'user-agent': 'test', 'x-raw': 'ÿä' };
    const response = await pair.get('/classify', { method: 'PUT', headers, body: Buffer.from('ab') });
    expect(headerOf(response, 'txn.p.class')).toBe('PUT /classify ÿä');
    expect(response.headers).toMatchObject({ 'txn.p.size': '2', 'req.p.agent': 'test', 'txn.p.ids': '1' });
    const bare = (await pair.get('/classify')).headers;
    expect(bare).toMatchObject({ 'txn.p.class': 'GET /classify', 'txn.p.size': '-1' });
    expect(bare).not.toHaveProperty('req.p.agent');
  });

  test('messages of one NOTIFY each have their handler', async () => {
    const { headers } = await pair.get('/look-up/more', { host: 'example.org' });
    expect(headers).toMatchObject({ 'txn.p.name': 'example.org high', 'txn.p.big': String(2n ** 63n - 2n) });
  });

  test('a handler that throws takes nothing from the other messages, and the ACK does not wait', async () => {
    const after = pair.haproxy.logPosition;
    const { headers } = await pair.get('/look-up/fail', { host: 'example.org', headers: { 'x-reason': 'no luck' } });
    expect(headers['txn.p.name']).toBe('example.org high');
    expect(headers).not.toHaveProperty('txn.p.error');
    expect(await pair.haproxy.waitForLog('SPOE: [spoe]', { after })).toContain(' st=0 ');
    expect(pair.takeComplaints()).toMatchObject([{ facts: { message: 'fail', err: { message: 'no luck' } } }]);
  });

  test('a message without a handler is passed over', async () => {
    const { headers } = await pair.get('/unheard-of');
    expect(headers).not.toHaveProperty('txn.p.error');
    expect(pair.application.unknownMessages.get('unheard-of')).toBe(1);
    expect(pair.takeComplaints()).toMatchObject([{ facts: { message: 'unheard-of' } }]);
  });
});
