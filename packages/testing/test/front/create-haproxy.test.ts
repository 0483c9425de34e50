import {
  Arg,
  defineMessage,
  IpAddress,
  Module,
  SetVar,
  SpoaApplication,
  SpoeMessage,
  type VariablesByScope,
} from '@spoa/framework';
import type { AgentDefinition } from '@spoa/framework/haproxy';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { createHaproxy, HAPROXY_VERSIONS, Test, type TestingHaproxy } from '../../src/index.ts';

@SpoeMessage('score-client', { event: 'on-client-session' })
class ScoreController {
  @SetVar('score', { scope: 'session' })
  handle(@Arg('ip', { sample: 'src' }) ip: IpAddress): number {
    return ip.w0 & 0xff;
  }
}

@SpoeMessage('check-request', { event: 'on-frontend-http-request' })
class RequestController {
  @SetVar('agent', { scope: 'request' })
  handle(@Arg('agent', { sample: 'req.hdr(user-agent)', optional: true }) agent?: string): string {
    return agent ?? '';
  }
}

@SpoeMessage('check-backend', { event: 'on-backend-http-request' })
class BackendController {
  @SetVar('method', { scope: 'request' })
  handle(@Arg('method', { sample: 'method' }) method: string): string {
    return method.toLowerCase();
  }
}

@SpoeMessage('check-response', { event: 'on-http-response' })
class ResponseController {
  @SetVar('ok', { scope: 'response' })
  handle(@Arg('status', { sample: 'status' }) status: number): boolean {
    return status === 200;
  }
}

/** Without an event: a rule asks. */
const ask = defineMessage({
  name: 'ask',
  if: '{ path_beg /ask }',
  args: { path: { type: 'string', sample: 'path' } },
  vars: { text: 'transaction', ip: 'transaction', seen: { scope: 'process', type: 'number' } },
  handle: ({ path }) => ({ text: `ä "%" ${path}\r\n\t;`, ip: IpAddress.v4(0x7f000001), seen: path.length }),
});

@SpoeMessage('open', { event: 'on-frontend-http-request', if: '{ path /open }' })
class OpenController {
  handle(): VariablesByScope {
    return { transaction: { verdict: 'open', other: 1 } };
  }
}

@SpoeMessage('slow', {
  event: 'on-frontend-http-request',
  if: '{ path /slow }',
  deadlineMs: 20,
  fallback: { transaction: { verdict: 'unknown' } },
  errorVar: { scope: 'transaction', name: 'reason' },
})
class SlowController {
  @SetVar('verdict', { scope: 'transaction' })
  handle(@Arg('path', { sample: 'path' }) _path: string): Promise<string> {
    return new Promise(() => undefined);
  }
}

const controllers = [
  ScoreController,
  RequestController,
  BackendController,
  ResponseController,
  ask,
  OpenController,
  SlowController,
];

describe.each(HAPROXY_VERSIONS)('createHaproxy, %s', (version) => {
  let haproxy: TestingHaproxy;
  beforeEach(async ({ onTestFailed }) => {
    haproxy = await createHaproxy({
      version,
      controllers,
      variables: [{ scope: 'transaction', name: 'verdict' }],
      frontend: 'http-request deny deny_status 429 if { var(req.test.agent) -m str bad }',
      onTestFailed,
    });
    return () => haproxy.stop();
  });

  test('tells what the agent set, in every scope and at every event', async () => {
    const response = await haproxy.get('/', { headers: { 'user-agent': 'curl' }, localAddress: '127.0.0.9' });
    expect(response).toMatchObject({ status: 200, body: 'origin\n', spoeError: undefined });
    expect(response.variables).toEqual({
      session: { score: '9' },
      request: { agent: 'curl', method: 'get' },
      response: { ok: '1' },
    });
    expect(Object.keys(response.headers).filter((name) => name.startsWith('x-spoa'))).toEqual([]);
  });

  test('sends what a rule asks for, and reads any text', async () => {
    const { variables } = await haproxy.get('/ask/this', { method: 'POST', body: 'x' });
    expect(variables).toMatchObject({
      process: { seen: '9' },
      transaction: { text: 'ä "%" /ask/this\r\n\t;', ip: '127.0.0.1' },
      request: { agent: '', method: 'post' },
    });
  });

  test('reads variables that are named, of a handler that returns them by scope', async () => {
    expect((await haproxy.get('/open')).variables.transaction).toEqual({ verdict: 'open' });
  });

  test('tells a fallback, and what a rule did with the answer', async () => {
    expect((await haproxy.get('/slow')).variables.transaction).toEqual({ verdict: 'unknown', reason: 'deadline' });
    expect(haproxy.describe()).toMatch(/--- messages that failed\nslow: .*20 ms/);
    const denied = await haproxy.get('/', { headers: { 'user-agent': 'bad' } });
    expect(denied).toMatchObject({ status: 429, variables: { session: { score: '1' }, request: { agent: 'bad' } } });
  });
});

/** Each says that it came. */
const EVENTS = (
  [
    'on-client-session',
    'on-server-session',
    'on-frontend-tcp-request',
    'on-backend-tcp-request',
    'on-tcp-response',
    'on-frontend-http-request',
    'on-backend-http-request',
    'on-http-response',
  ] as const
).map((event) =>
  defineMessage({
    name: event,
    event,
    vars: { came: { scope: 'session', name: event.replaceAll('-', '_') } },
    handle: () => ({ came: true }),
  }),
);

test.each(HAPROXY_VERSIONS)('one request brings all events, %s', async (version) => {
  await using haproxy = await createHaproxy({ version, controllers: EVENTS });
  const { variables } = await haproxy.get();
  expect(Object.keys(variables.session ?? {})).toHaveLength(EVENTS.length);
});

describe('what is read from a response', () => {
  /** Sets a variable to as many of its first argument's first letter as its path says. */
  const filled = defineMessage({
    name: 'filled',
    event: 'on-frontend-http-request',
    args: { path: { type: 'string', sample: 'path' } },
    vars: { text: 'transaction', bytes: 'transaction' },
    handle: ({ path }) => {
      const [, letter = '', size = '0'] = path.split('/');
      return { text: decodeURIComponent(letter).repeat(Number(size)), bytes: Buffer.of(0x41, 0xff, 0x0a, 0, 0x42) };
    },
  });

  test('is any text, as long as HAProxy has room for it', async ({ onTestFailed }) => {
    await using haproxy = await createHaproxy({ version: '3.2', controllers: [filled], onTestFailed });
    expect((await haproxy.get('/x/14000')).variables.transaction?.text).toBe('x'.repeat(14_000));
    expect((await haproxy.get('/%C3%A4/2000')).variables.transaction?.text).toBe('ä'.repeat(2000));
    expect((await haproxy.get('/x/0')).variables.transaction).toEqual({ text: '', bytes: 'A\ufffd\n' });
    await expect(haproxy.get('/%C3%A4/6000')).rejects.toThrow(/txn\.test\.text has 12000 bytes, .*tune\.bufsize/);
  });

  test('has more room where HAProxy has larger buffers', async () => {
    await using haproxy = await createHaproxy({
      version: '3.2',
      controllers: [filled],
      global: 'tune.bufsize 65536',
    });
    expect((await haproxy.get('/%C3%A4/6000')).variables.transaction?.text).toBe('ä'.repeat(6000));
  });
});

@Module({ controllers: [ScoreController] })
class ScoreModule {}

describe('createHaproxy', () => {
  test('takes an agent as the command does, and an origin', async () => {
    const agent: AgentDefinition = { engine: 'my-agent', variablePrefix: 'mine', module: ScoreModule };
    await using haproxy = await createHaproxy({
      version: '3.2',
      agent,
      frontend: 'http-request set-header x-score "%[var(sess.mine.score)]"',
      origin: (request, response) => void response.end(String(request.headers['x-score'])),
    });
    expect(await haproxy.get()).toMatchObject({ body: '1', variables: { session: { score: '1' } } });
  });

  test('takes an application that is there, and leaves it there', async () => {
    await using app = await Test.createTestingModule(ScoreModule)
      .overrideProvider(ScoreController)
      .useValue({ handle: () => 77 })
      .compile();
    {
      await using haproxy = await createHaproxy({ version: '3.2', application: app, engine: 'other' });
      expect((await haproxy.get()).variables).toEqual({ session: { score: '77' } });
      expect(haproxy.application).toBe(app);
    }
    expect(await app.inject('score-client', { ip: '192.0.2.1' })).toEqual({ session: { score: 77 } });
    await using application = await SpoaApplication.create(ScoreModule, { logger: false });
    await using haproxy = await createHaproxy({ version: '3.2', application, module: ScoreModule });
    expect((await haproxy.get()).variables).toEqual({ session: { score: '1' } });
    await expect(createHaproxy({ version: '3.2', application })).rejects.toThrow(/say what stands behind/);
  });

  test('says why an answer is not there', async () => {
    const never = defineMessage({
      name: 'never',
      event: 'on-client-session',
      handle: () => new Promise<void>(() => {}),
    });
    await using haproxy = await createHaproxy({
      version: '3.2',
      controllers: [never],
      timeouts: { processingMs: 30 },
    });
    expect(await haproxy.get()).toMatchObject({ status: 200, variables: {}, spoeError: 1 });
  });

  test('shows configuration and log with what went wrong', async () => {
    const wrong = createHaproxy({ version: '3.2', module: ScoreModule, frontend: 'http-request fly' });
    await expect(wrong).rejects.toThrow(/> +\d+ \| +http-request fly/);
    await using haproxy = await createHaproxy({
      version: '3.2',
      module: ScoreModule,
      origin: () => undefined,
    });
    const late = haproxy.get('/', { timeoutMs: 50 });
    await expect(late).rejects.toThrow(/no response within 50 ms.*--- haproxy\.cfg.*--- spoe\.conf.*--- log/s);
    const shown: (() => void)[] = [];
    const said = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    onTestFinished(() => said.mockRestore());
    await using other = await createHaproxy({
      version: '3.2',
      module: ScoreModule,
      onTestFailed: (handler) => void shown.push(handler),
    });
    for (const show of shown) show();
    expect(said.mock.calls).toEqual([[other.describe()]]);
  });
});
