import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Haproxy, request, showOnFailure, startHaproxy } from '@spoa/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { selfSigned } from '../../../core/test/agent/support/certificate.ts';
import {
  describeMessages,
  generate,
  HAPROXY_VERSIONS,
  type HaproxyVersion,
  type ServerDescription,
  serverAt,
} from '../../src/haproxy/index.ts';
import { Arg, defineMessage, IpAddress, SetVar, SpoaApplication, SpoeMessage } from '../../src/index.ts';

@SpoeMessage('score-client', { event: 'on-client-session' })
class ScoreController {
  @SetVar('score', { scope: 'session' })
  handle(@Arg('ip', { sample: 'src' }) ip: IpAddress): number {
    return ip.toString() === '127.0.0.9' ? 10 : 90;
  }
}

@SpoeMessage('see-answer', { event: 'on-http-response', if: '{ status 200 }' })
class AnswerController {
  @SetVar('seen', { scope: 'response' })
  handle(
    @Arg('type', { sample: 'res.hdr(content-type)' }) type: string,
    @Arg(1, { sample: 'str("a=b # c")' }) text: string,
  ): string {
    return `${type}; ${text}`;
  }
}

/** Without an event: a rule asks for it, where its condition holds. */
const look = defineMessage({
  name: 'look',
  if: '{ path_beg /look }',
  args: { path: { type: 'string', sample: 'path' } },
  vars: { last: { scope: 'transaction', type: 'string' }, count: { scope: 'process', type: 'number' } },
  handle: ({ path }) => ({ last: path.split('/').at(-1) ?? null, count: path.length }),
});

@SpoeMessage('never', {
  if: '{ path /never }',
  deadlineMs: 100,
  fallback: { transaction: { verdict: 'unknown' } },
  errorVar: { name: 'reason', scope: 'transaction' },
})
class NeverController {
  @SetVar('verdict', { scope: 'transaction' })
  handle(@Arg('path', { sample: 'path' }) _path: string): Promise<string> {
    return new Promise(() => undefined);
  }
}

const CONTROLLERS = [ScoreController, AnswerController, NeverController, look];

interface Running {
  readonly haproxy: Haproxy;
  readonly applications: SpoaApplication[];
}

/** Two workers, one on a unix socket and one on TLS, behind HAProxy as it is generated. */
async function start(version: HaproxyVersion, folder: string, origin: number): Promise<Running> {
  const applications: SpoaApplication[] = [];
  for (const _ of [1, 2]) applications.push(await SpoaApplication.create({ controllers: CONTROLLERS, logger: false }));
  const tls = selfSigned();
  const caFile = join(folder, 'ca.pem');
  await writeFile(caFile, tls.cert);
  const path = join(folder, `worker-${version}.sock`);
  await applications[0]?.listen({ path });
  await applications[1]?.listen({ port: 0, tls });
  const [local, remote] = applications.flatMap(({ addresses }) => addresses.map(serverAt));
  const servers = [local, { ...remote, tls: { caFile, serverName: 'localhost' } }] as ServerDescription[];
  // A busy machine is no reason to go without an answer.
  const timeouts = { processingMs: 5000 };
  const description = { engine: 'live-agent', messages: describeMessages(CONTROLLERS), servers, timeouts };
  const { files } = generate(description, version);
  const haproxy = await startHaproxy({
    version,
    config: ({ port }) => {
      return `global
  setenv SPOA_BIND 127.0.0.1:${port('http')}
  setenv SPOA_ORIGIN 127.0.0.1:${origin}
${files['haproxy.cfg']}`;
    },
    files: { 'spoe.conf': () => files['spoe.conf'] },
  });
  return { haproxy, applications };
}

describe.each(HAPROXY_VERSIONS)('HAProxy %s, as it is generated', (version) => {
  let running: Running;
  let origin: Server;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'spoa-live-'));
    // Says what it was asked with.
    origin = createServer(({ headers, url }, response) => {
      response.statusCode = url === '/missing' ? 404 : 200;
      response.setHeader('content-type', 'text/plain').end(JSON.stringify(headers));
    }).listen(0, '127.0.0.1');
    await once(origin, 'listening');
    running = await start(version, folder, (origin.address() as AddressInfo).port);
  });
  beforeEach(({ onTestFailed }) => showOnFailure(running.haproxy, onTestFailed));
  afterAll(async () => {
    await running.haproxy.stop();
    for (const application of running.applications) await application.close({ timeoutMs: 0 });
    origin.close();
    await rm(folder, { recursive: true });
  });

  const ask = async (path: string, options: object = {}) => {
    const response = await request(running.haproxy, { path, ...options });
    return { response, asked: JSON.parse(response.body) as Record<string, string> };
  };

  test('what the agent says becomes headers, on the way there and back', async () => {
    // Both workers are asked in turn.
    for (const _ of [1, 2, 3, 4]) {
      const { response, asked } = await ask('/');
      expect(asked['x-live-agent-score']).toBe('90');
      expect(response.headers['x-live-agent-seen']).toBe('text/plain; a=b # c');
    }
    expect((await ask('/', { localAddress: '127.0.0.9' })).asked['x-live-agent-score']).toBe('10');
  });

  test('conditions hold: of an event, and of a rule', async () => {
    const { response, asked } = await ask('/missing');
    expect(response.headers['x-live-agent-seen']).toBeUndefined();
    expect(asked['x-live-agent-last']).toBeUndefined();
    expect((await ask('/look/here')).asked['x-live-agent-last']).toBe('here');
  });

  test('a handler that never answers is answered for, before HAProxy gives up', async () => {
    const { asked } = await ask('/never');
    expect(asked['x-live-agent-verdict']).toBe('unknown');
    expect(asked['x-live-agent-reason']).toBe('deadline');
  });

  test('a variable of the process is registered, and stays', async () => {
    await ask('/look/four');
    expect((await ask('/')).asked['x-live-agent-count']).toBe('10');
  });

  test('a client cannot say what only the agent may', async () => {
    const { asked } = await ask('/', { headers: { 'x-live-agent-last': 'forged', 'x-live-agent-score': '100' } });
    expect(asked['x-live-agent-last']).toBeUndefined();
    expect(asked['x-live-agent-score']).toBe('90');
  });

  test('HAProxy sees the HELLO of both workers, and drops one that is gone', async () => {
    const [first] = running.applications;
    await first?.close({ timeoutMs: 0 });
    await running.haproxy.waitForLog(/live-agent-agents\/agent1 is DOWN/, { timeoutMs: 15_000 });
    for (const _ of [1, 2, 3]) expect((await ask('/')).asked['x-live-agent-score']).toBe('90');
  });
});
