import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { type Agent, createAgent, type NotifyContext } from '@spoa/core';
import { type Haproxy, type HaproxyVersion, request, startHaproxy } from '@spoa/testing';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { selfSigned } from '../../../core/test/agent/support/certificate.ts';
import { HAPROXY_VERSIONS } from '../../src/haproxy/index.ts';
import { SpoaApplication } from '../../src/index.ts';
import { haproxyCheck } from '../haproxy/support/accepts.ts';
import { LoginController, RequestController, ResponseController } from './haproxy-agents.ts';
import { filesWith, snippetsOf } from './support/haproxy-snippets.ts';
import { readPage } from './support/pages.ts';

const PAGE = 'haproxy-for-agent-authors';
const snippets = await snippetsOf(PAGE);
const page = await readPage(PAGE);
const shown = (kind: string): string => {
  const snippet = snippets.find((one) => one.kind === kind);
  if (snippet === undefined) throw new Error(`the page shows no ${kind}`);
  return snippet.text;
};

/** The two whole files are checked together. */
const cases = snippets
  .filter(({ kind }) => kind !== 'spoe.conf')
  .flatMap((snippet, i) => snippet.versions.map((version) => ({ snippet, version, name: `${snippet.kind} ${i + 1}` })));

test.each(cases)('$version takes $name without a complaint', async ({ version, snippet }) => {
  const { cert } = selfSigned();
  const verdict = await haproxyCheck(version, { ...filesWith(snippet, snippets), 'agents.pem': cert });
  expect(verdict, verdict.output).toMatchObject({ accepted: true, complaints: [] });
});

test('`mode spop` is of 3.1 and newer', async () => {
  const newer = snippets.find(({ kind, text }) => kind === 'backend' && text.includes('mode spop'));
  if (newer === undefined) throw new Error('the page shows no mode spop');
  expect((await haproxyCheck('3.0', filesWith(newer, []))).accepted).toBe(false);
});

/** A server behind HAProxy that answers `ok` and says what login it was told. */
let origin: number;
beforeAll(async () => {
  const server = createServer((asked, answer) => {
    asked.resume();
    asked.on('end', () => answer.setHeader('x-told', asked.headers['x-user'] ?? '').end('ok'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = (server.address() as AddressInfo).port;
  return () => new Promise((resolve) => server.close(resolve).closeAllConnections());
});

const portOf = ([address]: Agent['addresses']): number =>
  address !== undefined && 'port' in address ? address.port : Number.NaN;

async function start(version: HaproxyVersion, config: string, spoe: string): Promise<Haproxy> {
  const haproxy = await startHaproxy({
    version,
    config: (context) =>
      config
        .replace('127.0.0.1:8080', `127.0.0.1:${context.port('web')}`)
        .replace('127.0.0.1:8000', `127.0.0.1:${origin}`)
        .replace('config spoe.conf', `config ${context.file('spoe.conf')}`),
    files: { 'spoe.conf': spoe },
  });
  onTestFinished(() => haproxy.stop());
  return haproxy;
}

async function listening(answer: (notify: NotifyContext) => unknown): Promise<number> {
  const agent = createAgent(answer);
  onTestFinished(() => agent.close({ timeoutMs: 0 }));
  await agent.listen({ port: 0 });
  return portOf(agent.addresses);
}

/** Two requests on one connection; the headers of their answers. */
async function requestsOnOneConnection(port: number, paths: readonly string[]): Promise<string[]> {
  const socket = connect(port, '127.0.0.1').setEncoding('latin1');
  let text = '';
  const answers: string[] = [];
  const received = (async () => {
    for await (const chunk of socket) {
      text += String(chunk);
      if (!text.endsWith('ok')) continue;
      answers.push(text);
      text = '';
      const next = paths[answers.length];
      if (next === undefined) return;
      socket.write(`GET ${next} HTTP/1.1\r\nhost: a\r\n\r\n`);
    }
  })();
  socket.write(`GET ${paths[0]} HTTP/1.1\r\nhost: a\r\n\r\n`);
  await received;
  socket.destroy();
  return answers;
}

describe.each(HAPROXY_VERSIONS)('HAProxy %s', (version) => {
  test('the whole configuration, with its agent', async () => {
    const controllers = [RequestController, LoginController, ResponseController];
    const app = await SpoaApplication.create({ controllers, logger: false });
    onTestFinished(() => app.close({ timeoutMs: 0 }));
    await app.listen({ port: 0 });
    const config = shown('haproxy.cfg').replace('127.0.0.1:12345', `127.0.0.1:${portOf(app.addresses)}`);
    const haproxy = await start(version, config, shown('spoe.conf'));
    const get = (path: string, headers = {}) => request(haproxy, { port: 'web', path, headers });
    expect((await get('/admin')).status).toBe(403);
    expect((await get('/')).headers).toMatchObject({ 'x-summary': 'new 200', 'x-told': '' });
    expect((await get('/login', { 'x-login': 'ann' })).headers['x-told']).toBe('ann');
    expect((await get('/login')).headers['x-told']).toBe('nobody');
    const [first, second] = await requestsOnOneConnection(haproxy.port('web'), ['/', '/']);
    expect(first).toMatch(/x-summary: new 200/);
    expect(second).toMatch(/x-summary: known 200/);
    expect((await get('/')).headers['x-error']).toBeUndefined();
  });

  test('events come as the page says, all of them for each request', async () => {
    const events = [...page.matchAll(/^\| `(on-[a-z-]+)` \| [^|]*\| [^|]*\|$/gm)].map(([, event]) => event as string);
    expect(events).toHaveLength(8);
    const came: string[] = [];
    const seen: Record<string, unknown> = {};
    const port = await listening(({ messages }) => {
      for (const message of messages) {
        came.push(message.name);
        for (const { name, value } of message) seen[`${message.name} ${name}`] = value;
      }
    });
    const args: Record<string, string> = {
      'on-server-session': 'path=path server=srv_name method=method',
      'on-tcp-response': 'status=status',
      'on-http-response': 'status=status server=srv_name method=method',
    };
    const spoe = `[reputation]
spoe-agent reputation-agent
    messages ${events.join(' ')}
    option var-prefix rep
    timeout hello 1s
    timeout idle 60s
    timeout processing 5s
    use-backend agents
${events.map((event) => `spoe-message ${event}\n    args ${args[event] ?? 'ip=src'}\n    event ${event}\n`).join('')}`;
    const config = shown('haproxy.cfg')
      .replace('127.0.0.1:12345', `127.0.0.1:${port}`)
      .replace(/.*send-spoe.*\n/, '');
    const haproxy = await start(version, config, spoe);
    await requestsOnOneConnection(haproxy.port('web'), ['/', '/']);
    expect(came).toEqual([...events, ...events]);
    expect(seen).toMatchObject({
      'on-server-session path': null,
      'on-server-session server': 'site1',
      'on-server-session method': 'GET',
      'on-tcp-response status': null,
      'on-http-response status': 200,
      'on-http-response server': 'site1',
      'on-http-response method': 'GET',
    });
  });

  test('a message that is sent once in a connection', async () => {
    const [condition] = /event on-client-session unless \{.*?\}/.exec(page) ?? [];
    let count = 0;
    const port = await listening((notify) => {
      count++;
      notify.setVar('session', 'seen', true);
    });
    const spoe = shown('spoe.conf')
      .replace('messages request response', 'messages request')
      .replace('event on-frontend-http-request', String(condition))
      .replace('path=path ', '');
    const config = shown('haproxy.cfg').replace('127.0.0.1:12345', `127.0.0.1:${port}`);
    const haproxy = await start(version, config, spoe);
    await requestsOnOneConnection(haproxy.port('web'), ['/', '/', '/']);
    expect(count).toBe(1);
    await requestsOnOneConnection(haproxy.port('web'), ['/']);
    expect(count).toBe(2);
  });

  test('on-client-session knows nothing of TLS, and responses nothing of the path', async () => {
    const accepts = async (event: string, sample: string) => {
      const spoe = shown('spoe.conf').replace(
        /spoe-message response\n.*\n.*\n/,
        `spoe-message response\n    args x=${sample}\n    event ${event}\n`,
      );
      return (await haproxyCheck(version, { 'haproxy.cfg': shown('haproxy.cfg'), 'spoe.conf': spoe })).accepted;
    };
    expect(await accepts('on-client-session', 'src')).toBe(true);
    expect(await accepts('on-client-session', 'ssl_fc_sni')).toBe(false);
    expect(await accepts('on-frontend-tcp-request', 'ssl_fc_sni')).toBe(true);
    expect(await accepts('on-http-response', 'path')).toBe(false);
  });

  test('without an answer', async () => {
    const codes = async (agents: string, untilLog?: string) => {
      const config = shown('haproxy.cfg').replace(/ {4}server agent1 .*\n/, agents);
      const spoe = shown('spoe.conf').replace('processing 500ms', 'processing 200ms');
      const haproxy = await start(version, config, spoe);
      if (untilLog !== undefined) await haproxy.waitForLog(untilLog);
      return (await request(haproxy, { port: 'web' })).headers['x-error'];
    };
    const silent = await listening(() => new Promise(() => {}));
    expect(await codes(`    server agent1 127.0.0.1:${silent}\n`)).toBe('1');
    const gone = createAgent(() => undefined);
    await gone.listen({ port: 0 });
    const refused = portOf(gone.addresses);
    await gone.close({ timeoutMs: 0 });
    expect(await codes(`    server agent1 127.0.0.1:${refused}\n`)).toBe('1');
    const atOnce = version === '2.6' || version === '3.0' ? '2' : '257';
    expect(await codes('')).toBe(atOnce);
    const checked = `    server agent1 127.0.0.1:${refused} check inter 100ms fall 1\n`;
    expect(await codes(checked, 'agents/agent1 is DOWN')).toBe(atOnce);
  });

  test('a body that comes behind its headers', async () => {
    const bodies: unknown[] = [];
    const port = await listening(({ messages }) => {
      for (const message of messages) bodies.push([message.name, String(message.get('body')), message.get('size')]);
    });
    const spoe = shown('spoe.conf')
      .replace(/args ip=src.*/, 'args body=req.body size=req.body_size')
      .replace(/args user=.*/, 'args body=req.body size=req.body_size')
      .replace('messages request response', 'messages request')
      .replace('processing 500ms', 'processing 5s');
    const [buffered, waited] = snippets.filter(({ kind }) => kind === 'frontend');
    const before = shown('haproxy.cfg');
    const around = (frontend: string) =>
      before.replace(/^frontend web\n.*?(?=^backend)/ms, frontend).replace('127.0.0.1:12345', `127.0.0.1:${port}`);
    for (const frontend of [buffered, waited]) {
      if (frontend === undefined) throw new Error('the page shows two frontends');
      const haproxy = await start(version, around(frontend.text.replace('time 1s', 'time 20s')), spoe);
      const socket = connect(haproxy.port('web'), '127.0.0.1').setEncoding('latin1').setNoDelay();
      socket.write('POST /login HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 10\r\n\r\n');
      // The first message that goes without the body has gone when the body comes; with a buffer HAProxy waits for it.
      if (frontend === waited) await expect.poll(() => bodies.length, { timeout: 5000 }).toBe(2);
      socket.write('helloworld');
      for await (const _ of socket);
    }
    expect(bodies).toEqual([
      ['request', 'helloworld', 10],
      ['request', '', 10],
      ['login', 'helloworld', 10],
    ]);
  });

  test('a process-wide variable must be known', async () => {
    const port = await listening((notify) => {
      for (const name of ['unknown', 'listed', 'read']) notify.setVar('process', name, 1);
    });
    const config = shown('haproxy.cfg')
      .replace('127.0.0.1:12345', `127.0.0.1:${port}`)
      .replace(
        '    default_backend',
        '    http-response set-header x-read "%[var(proc.rep.read)]"\n    default_backend',
      );
    const spoe = shown('spoe.conf').replace(
      '    option var-prefix',
      '    register-var-names listed\n    option var-prefix',
    );
    const haproxy = await start(version, config, spoe);
    expect((await request(haproxy, { port: 'web' })).headers['x-read']).toBe('1');
    expect(await haproxy.cli('get var proc.rep.listed')).toContain('value=<1>');
    expect(await haproxy.cli('get var proc.rep.unknown')).toContain('not found');
  });
});
