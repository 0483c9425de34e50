import { once } from 'node:events';
import { access, readdir, readFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { HAPROXY_VERSIONS, type Haproxy, HaproxyError, request, showOnFailure, startHaproxy } from '@spoa/testing';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { isRunning, rejection, temporaryFolder } from './support.ts';

const DEFAULTS = `
defaults
  mode http
  log global
  option httplog
  timeout connect 2s
  timeout client 30s
  timeout server 30s
`;

const ANSWERS = `${DEFAULTS}
frontend web
  bind 127.0.0.1:{{port:http}}
  http-request return status 200 content-type text/plain string "hello from {{version}}"
`;

/** Every test has its own folder for temporary files, and leaves nothing in it. */
beforeEach(async () => {
  const temporary = await temporaryFolder();
  vi.stubEnv('TMPDIR', temporary.path);
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    const left = await readdir(temporary.path);
    await temporary[Symbol.asyncDispose]();
    expect(left).toEqual([]);
  });
});

async function listening<S extends Server>(server: S): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => new Promise((resolve) => server.close(() => resolve())));
  return (server.address() as AddressInfo).port;
}

describe.each(HAPROXY_VERSIONS)('HAProxy %s', (version) => {
  test('answers requests, logs them, and stops without a trace', async ({ onTestFailed }) => {
    const haproxy = await startHaproxy({ version, config: ANSWERS });
    showOnFailure(haproxy, onTestFailed);
    onTestFinished(() => haproxy.stop());

    const response = await request(haproxy, { path: '/first' });
    expect(response).toMatchObject({ status: 200, body: `hello from ${haproxy.version}` });
    expect(response.headers['content-type']).toBe('text/plain');
    expect(await haproxy.waitForLog(/"GET \/first HTTP\/1\.1"/)).toMatch(/ web .* 200 /);
    expect(haproxy.line).toBe(version);
    expect(await haproxy.cli('show info')).toMatch(new RegExp(`^Version: ${haproxy.version}`, 'm'));
    expect(await isRunning(haproxy.pid)).toBe(true);

    await haproxy.stop();

    expect(await haproxy.exited).toEqual({ code: 0, signal: null });
    expect(await isRunning(haproxy.pid)).toBe(false);
    await expect(access(haproxy.folder)).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(request(haproxy.port('http'))).rejects.toThrow('ECONNREFUSED');
    await haproxy.stop();
  });

  test('refuses a configuration with its message, and the line is marked', async () => {
    const config = ANSWERS.replace('http-request return', 'http-request retrun');
    const error = await rejection(startHaproxy({ version, config }));
    expect(error).toBeInstanceOf(HaproxyError);
    expect(error).toMatchObject({ code: 'HAPROXY_CONFIG' });
    expect(error.message).toContain("Did you mean 'return' maybe ?");
    expect(error.message).toMatch(/^> 12 \| {3}http-request retrun status 200/m);
    expect(error.message).toMatch(/^ {2}11 \| {3}bind 127\.0\.0\.1:\d+$/m);
  });

  test('a port that is taken is an error with log and configuration', async () => {
    const port = await listening(createServer());
    const error = await rejection(startHaproxy({ version, config: ANSWERS, ports: { http: port } }));
    expect(error).toMatchObject({ code: 'HAPROXY_START' });
    expect(error.message).toContain(`HAProxy ${version}`);
    expect(error.message).toContain('Address already in use');
    expect(error.message).toMatch(/^> 11 \| {3}bind 127\.0\.0\.1:\d+$/m);
  });

  test('another HAProxy does not get the same port unnoticed', async () => {
    await using first = await startHaproxy({ version, config: ANSWERS });
    const ports = { http: first.port('http') };
    await expect(startHaproxy({ version, config: ANSWERS, ports })).rejects.toThrow('Address already in use');
  });

  test('other free ports are tried when one was taken meanwhile', async () => {
    const occupied = await listening(createServer());
    let attempts = 0;
    await using haproxy = await startHaproxy({
      version,
      config: ({ port }) => {
        attempts += 1;
        const free = port('http');
        return ANSWERS.replace('{{port:http}}', String(attempts === 1 ? occupied : free));
      },
    });
    expect(attempts).toBe(2);
    expect((await request(haproxy)).status).toBe(200);
  });

  test('a request in flight is answered before it stops', async () => {
    let answer: (() => void) | undefined;
    const backend = createHttpServer((_, response) => {
      answer = () => response.end('late');
      void haproxy.stop({ softMs: 20_000 });
    });
    const port = await listening(backend);
    const haproxy = await startHaproxy({
      version,
      config: `${DEFAULTS}
listen web
  bind 127.0.0.1:{{port:http}}
  server backend 127.0.0.1:{{port:backend}}
`,
      ports: { backend: port },
    });
    const response = request(haproxy);
    await haproxy.waitForLog(/Proxy web stopped/);
    answer?.();
    expect((await response).body).toBe('late');
    expect(await haproxy.exited).toEqual({ code: 0, signal: null });
    await haproxy.stop();
  });

  test('a request that never ends does not keep it from stopping', async () => {
    const backend = createHttpServer();
    const port = await listening(backend);
    const reached = once(backend, 'request');
    const haproxy = await startHaproxy({
      version,
      config: `${DEFAULTS}
listen web
  bind 127.0.0.1:{{port:http}}
  server backend 127.0.0.1:${port}
`,
    });
    const response = rejection(request(haproxy));
    await reached;
    await haproxy.stop({ softMs: 20 });
    expect(await isRunning(haproxy.pid)).toBe(false);
    expect(await response).toMatchObject({ code: 'HAPROXY_REQUEST' });
  });

  test('files and sockets of its folder can be named in the configuration', async () => {
    await using haproxy = await startHaproxy({
      version,
      config: `${DEFAULTS}
frontend web
  bind 127.0.0.1:{{port:http}}
  use_backend to-inner
backend to-inner
  server inner unix@{{socket:inner}}
frontend inner
  bind unix@{{socket:inner}}
  http-request return status 200 content-type text/plain lf-string "%[path,map({{file:maps/names.map}})] in \${TOWN}"
`,
      files: { 'maps/names.map': '/a first\n/b {{line}}', 'as-it-is.txt': ({ folder }) => `{{line}} ${folder}\n` },
      env: { TOWN: 'Lyon' },
    });
    expect((await request(haproxy, { path: '/a' })).body).toBe('first in Lyon');
    expect((await request(haproxy, { path: '/b' })).body).toBe(`${version} in Lyon`);
    expect(await readFile(`${haproxy.folder}/as-it-is.txt`, 'utf8')).toBe(`{{line}} ${haproxy.folder}\n`);
    expect(haproxy.describe()).toContain('--- maps/names.map');
  });

  test('the runtime API answers what HAProxy answers, to many at once', async () => {
    await using haproxy = await startHaproxy({ version, config: ANSWERS });
    expect(await haproxy.cli('no such command')).toMatch(/^Unknown command/);
    await haproxy.cli('disable frontend web');
    expect(await haproxy.cli('show stat')).toMatch(/^web,FRONTEND,.*,PAUSED,/m);
    const answers = await Promise.all(Array.from({ length: 150 }, () => haproxy.cli('show info')));
    expect(answers.every((answer) => answer.startsWith('Name: HAProxy'))).toBe(true);
  });
});

describe('the log', () => {
  async function startOne(): Promise<Haproxy> {
    const haproxy = await startHaproxy({ version: '3.2', config: ANSWERS });
    onTestFinished(() => haproxy.stop());
    return haproxy;
  }

  test('is waited for from a position on', async () => {
    const haproxy = await startOne();
    await request(haproxy, { path: '/a?1' });
    expect(await haproxy.waitForLog('GET /a')).toContain('GET /a?1');
    const after = haproxy.logPosition;
    const second = haproxy.waitForLog('GET /a', { after });
    await request(haproxy, { path: '/a?2' });
    expect(await second).toContain('GET /a?2');
    expect(await haproxy.waitForLog(/GET \/a/g)).toContain('GET /a?1');
    expect(haproxy.logLines.filter((line) => line.includes('GET /a'))).toHaveLength(2);
    expect(haproxy.log).toBe(haproxy.logLines.join('\n'));
  });

  test('is shown with the configuration when a line does not come', async () => {
    const haproxy = await startOne();
    const error = await rejection(haproxy.waitForLog('never said', { timeoutMs: 20 }));
    expect(error).toMatchObject({ code: 'HAPROXY_LOG_TIMEOUT' });
    expect(error.message).toContain('no log line matched "never said" within 20 ms');
    expect(error.message).toContain('http-request return status 200');
    expect(error.message).toContain('--- log (');
  });

  test('goes line by line to who asked for it', async () => {
    const lines: string[] = [];
    await using haproxy = await startHaproxy({
      version: '3.2',
      config: ANSWERS,
      onLogLine: (line) => lines.push(line),
    });
    await request(haproxy);
    await haproxy.waitForLog('GET /');
    expect(lines).toEqual(haproxy.logLines);
  });

  test('comes once where the configuration names the same target itself', async () => {
    await using haproxy = await startHaproxy({
      version: '3.2',
      config: `global\n  log stdout format raw local0\n${ANSWERS}`,
    });
    await request(haproxy, { path: '/once' });
    await haproxy.waitForLog('GET /once');
    await haproxy.stop();
    expect(haproxy.logLines.filter((line) => line.includes('GET /once'))).toHaveLength(1);
  });
});

describe('an HAProxy that is killed', () => {
  test('is noticed by everyone who still wants something of it', async () => {
    const haproxy = await startHaproxy({ version: '3.2', config: ANSWERS });
    onTestFinished(() => haproxy.stop());
    const waiting = rejection(haproxy.waitForLog('never said'));

    process.kill(haproxy.pid, 'SIGKILL');

    expect(await haproxy.exited).toEqual({ code: null, signal: 'SIGKILL' });
    expect(haproxy.exit).toEqual({ code: null, signal: 'SIGKILL' });
    const errors = [
      [await waiting, 'HAPROXY_EXITED'],
      [await rejection(haproxy.waitForLog('never said')), 'HAPROXY_EXITED'],
      [await rejection(haproxy.cli('show info')), 'HAPROXY_CLI'],
      [await rejection(request(haproxy)), 'HAPROXY_REQUEST'],
    ] as const;
    for (const [error, code] of errors) {
      expect(error).toMatchObject({ code });
      expect(error.message).toContain('ended by SIGKILL');
      expect(error.message).toContain('http-request return status 200');
    }
  });
});

describe('what is shown when a test fails', () => {
  test('is version, state, configuration and log, also after the end', async () => {
    const handlers: Array<() => void> = [];
    const printed: string[] = [];
    {
      await using haproxy = await startHaproxy({ version: '3.0', config: ANSWERS });
      showOnFailure(
        haproxy,
        (handler) => handlers.push(handler),
        (text) => printed.push(text),
      );
      await request(haproxy, { path: '/shown' });
      await haproxy.waitForLog('/shown');
      expect(haproxy.describe()).toMatch(/^HAProxy 3\.0\.\d+ \(debian, \/.*\), running, pid \d+$/m);
    }
    expect(printed).toEqual([]);

    for (const handler of handlers) handler();

    expect(printed).toHaveLength(1);
    expect(printed[0]).toMatch(/^HAProxy 3\.0\.\d+ \(debian, \/.*\), ended by code 0$/m);
    expect(printed[0]).toMatch(/^--- added-by-spoa\.cfg\n {2}1 \| global$/m);
    expect(printed[0]).toMatch(/^--- haproxy\.cfg$/m);
    expect(printed[0]).toMatch(/^ {2}12 \| {3}http-request return status 200/m);
    expect(printed[0]).toMatch(/^--- log \(\d+ lines\)\n(.*\n)*.*GET \/shown/m);
  });
});

describe('a template', () => {
  test.each([
    ['bind :{{prot:http}}', 'unknown placeholder {{prot:http}}'],
    ['bind {{socket}}', 'unknown placeholder {{socket}}'],
    ['bind {{folder:x}}', 'unknown placeholder {{folder:x}}'],
    ['filter spoe config {{file:spoe.conf}}', 'there is no file "spoe.conf"; files: other.conf'],
  ])('with %s is an error that says what there is', async (config, message) => {
    const error = await rejection(startHaproxy({ version: '3.2', config, files: { 'other.conf': '' } }));
    expect(error).toMatchObject({ code: 'HAPROXY_TEMPLATE' });
    expect(error.message).toContain(message);
  });

  test.each(['../escaped', 'a/../../escaped', '/absolute/../../../escaped', ''])(
    'has no file named "%s"',
    async (name) => {
      const error = await rejection(startHaproxy({ version: '3.2', config: ANSWERS, files: { [name]: '' } }));
      expect(error).toMatchObject({ code: 'HAPROXY_TEMPLATE' });
    },
  );

  test('gets the same port for the same name, and knows its HAProxy', async () => {
    const seen: unknown[] = [];
    await using haproxy = await startHaproxy({
      version: '3.0',
      config: (context) => {
        const [a, again, b] = ['a', 'a', 'b'].map(context.port);
        seen.push(context.line, again === a, b === a);
        seen.push(context.atLeast('2.6'), context.atLeast('3.0'), context.atLeast('3.1'), context.atLeast('2.10'));
        return `${DEFAULTS}frontend web\n bind 127.0.0.1:${a}\n bind 127.0.0.1:${b}`;
      },
    });
    expect(seen).toEqual(['3.0', true, false, true, true, false, true]);
    expect([...haproxy.ports.keys()]).toEqual(['a', 'b']);
    expect(() => haproxy.port('http')).toThrow('the configuration uses no port "http"; ports: a, b');
  });

  test('may not ask for more than 16 free ports', async () => {
    const config = Array.from({ length: 17 }, (_, index) => `# {{port:p${index}}}`).join('\n');
    await expect(startHaproxy({ version: '3.2', config })).rejects.toThrow('more than 16 free ports asked for');
  });
});
