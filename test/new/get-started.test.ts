import { once } from 'node:events';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { request, startHaproxy } from '@spoa/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROOT, run, spoa } from '../command/support/spoa.ts';
import { copyWorkspace } from './support/copied-workspace.ts';
import { freePort } from './support/free-port.ts';
import { type Started, startAgent } from './support/started.ts';

/*
 * docs/get-started.md, done as it says: its commands, its code, its rules, and what it says that they print. Only ports are
 * others, and Node asks instead of curl.
 */

const page = await readFile(join(ROOT, 'docs', 'get-started.md'), 'utf8');
const blocks = (language: string): string[] =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(([, text]) => text ?? '');
const commands = [...page.matchAll(/^ {4}((?:(?:npx|npm|node|haproxy|curl) |ADMIN_PORT=).*)$/gm)].map(
  ([, line]) => line,
);
const prints = [...page.matchAll(/^prints\n\n((?: {4}.*\n)+)/gm)].map(([, lines]) => lines?.replaceAll(/^ {4}/gm, ''));

const STEP_MS = 240_000;
const APP = 'apps/bot-check';

describe('docs/get-started.md', { timeout: STEP_MS }, () => {
  let workspace: string;
  let origin: ReturnType<typeof createServer>;
  const ports = { agent: 0, admin: 0, haproxy: 0 };
  const done: string[] = [];
  const [migrations = '', ...code] = blocks('ts');
  const broken = code.pop() ?? '';

  beforeAll(async () => {
    workspace = await copyWorkspace();
    for (const name of ['agent', 'admin', 'haproxy'] as const) ports[name] = await freePort();
    origin = createServer((q, r) => r.end(`${JSON.stringify(q.headers, null, 2)}\n`)).listen(0, '127.0.0.1');
    await once(origin, 'listening');
  }, STEP_MS);

  afterAll(async () => {
    origin.close();
    await rm(workspace, { recursive: true, force: true });
  });

  /** The next command of the page, which must be this one. */
  const next = (command: string): string => {
    expect(commands[done.length]).toBe(command);
    done.push(command);
    return command;
  };
  const sh = async (command: string) => {
    const bin = join(workspace, 'node_modules', '.bin');
    const env = { VITEST: '', PATH: `${bin}:${process.env.PATH}` };
    const { code, stdout, stderr } = await run('sh', ['-c', next(command)], { cwd: workspace, env });
    return { code, problems: code === 0 ? '' : stdout + stderr };
  };
  /** `npx spoa`, of this build: that npx finds it has a test of its own. */
  const spoaAs = async (command: string, ...more: string[]) => {
    const [words = '', file] = next(command).split(' > ');
    const ended = await spoa(workspace, ...words.split(' ').slice(2), ...more);
    if (file !== undefined) await writeFile(join(workspace, file), ended.stdout);
    return ended;
  };
  const GOOD = { code: 0, problems: '' };
  const edit = async (file: string, change: (text: string) => string): Promise<void> => {
    const path = join(workspace, APP, file);
    await writeFile(path, change(await readFile(path, 'utf8')));
  };
  const addRules = (rules: string | undefined): Promise<void> =>
    edit('haproxy/haproxy.cfg', (text) => text.replace(/^ *default_backend/m, `${rules}$&`));
  const front = async () =>
    startHaproxy({
      version: '3.2',
      config: await readFile(join(workspace, APP, 'haproxy', 'haproxy.cfg'), 'utf8'),
      files: { 'spoe.conf': await readFile(join(workspace, APP, 'haproxy', 'spoe.conf'), 'utf8') },
      env: {
        SPOA_BIND: `127.0.0.1:${ports.haproxy}`,
        SPOA_ORIGIN: `127.0.0.1:${(origin.address() as AddressInfo).port}`,
      },
    });
  const agent = (): Promise<Started> =>
    startAgent(join(workspace, APP, 'dist', 'main.js'), { ADMIN_PORT: String(ports.admin) });
  /** What a `curl -s ... | grep ...` of the page prints. */
  const curl = async (command: string): Promise<string> => {
    const [, from, url, wanted] =
      /^curl -s(?: --interface (\S+))? '?([^' ]+)'? \| grep '?([^']+)'?$/.exec(next(command)) ?? [];
    const { port, pathname, search } = new URL(url ?? '');
    const path = pathname + search;
    const where = { '8080': ports.haproxy, '9464': ports.admin }[port] ?? 0;
    const { body } = await request(where, { path, ...(from !== undefined && { localAddress: from }) });
    const lines = body.split('\n').filter((line) => line.includes(wanted ?? ''));
    return `${lines.join('\n')}\n`;
  };

  test('an application is made, built and tested', async () => {
    expect(await sh('npm run deps')).toEqual(GOOD);
    expect(await sh('npm run build')).toEqual(GOOD);
    const made = await spoaAs(
      'npx spoa new app bot-check --message check-client --database pglite',
      ...['--port', String(ports.agent)],
    );
    expect(made.code, made.stderr).toBe(0);
    for (const [, file] of page.matchAll(/^\| `(\S+)` \|/gm)) {
      await expect(run('ls', [join(workspace, APP, file ?? '')])).resolves.toMatchObject({ code: 0 });
    }
    expect(await sh('npm run build')).toEqual(GOOD);
    expect(await sh('npx vitest run apps/bot-check')).toEqual(GOOD);
  });

  test('it stands behind HAProxy, which turns away what is blocked', async () => {
    next('ADMIN_PORT=9464 node apps/bot-check/dist/main.js');
    const started = await agent();
    expect(commands[done.length]).toMatch(/^node -e .*listen\(8000/);
    done.push(commands[done.length] ?? '');
    next('haproxy -f apps/bot-check/haproxy/haproxy.cfg');
    {
      await using _haproxy = await front();
      const told =
        (await curl('curl -s http://127.0.0.1:8080/ | grep x-bot')) +
        (await curl('curl -s --interface 127.0.0.66 http://127.0.0.1:8080/ | grep x-bot'));
      expect(told).toBe(prints[0]);
    }
    await addRules(blocks('haproxy')[0]);
    expect(await spoaAs(`npx spoa check bot-check ${APP}/haproxy/haproxy.cfg`)).toMatchObject({ code: 0 });
    await using _haproxy = await front();
    expect(await request(ports.haproxy, { localAddress: '127.0.0.66' })).toMatchObject({ status: 403 });
    expect(await started.end()).toBe(0);
  });

  test('a second message is written, found missing on the side of HAProxy, and added there', async () => {
    await edit('src/database/migrate.ts', (text) => text.replace(/^\];$/m, `${migrations}$&`));
    for (const file of code) {
      const [, name = '', text = ''] = /^\/\/ (\S+)\n(.*)$/s.exec(file) ?? [];
      await mkdir(dirname(join(workspace, APP, name)), { recursive: true });
      await writeFile(join(workspace, APP, name), text);
    }
    const biome = await run(join(workspace, 'node_modules', '.bin', 'biome'), ['ci', APP], { cwd: workspace });
    expect(biome.code, biome.stdout + biome.stderr).toBe(0);
    expect(await sh('npm run build')).toEqual(GOOD);
    const check = `npx spoa check bot-check ${APP}/haproxy/haproxy.cfg`;
    const lacking = await spoaAs(check);
    expect(lacking).toMatchObject({ code: 1, stdout: expect.stringContaining('SPOA_HAPROXY_MESSAGE_MISSING') });
    const config = await spoaAs(`npx spoa config bot-check --haproxy 3.2 --part spoe > ${APP}/haproxy/spoe.conf`);
    expect(config).toMatchObject({ code: 0 });
    expect(await spoaAs(check)).toMatchObject({ code: 0 });
    // The rules that the page shows are those of the generator.
    const rules = (await spoa(workspace, 'config', 'bot-check', '--haproxy', '3.2', '--part', 'rules')).stdout;
    const known = rules.split('\n').map((line) => line.trim());
    for (const rule of blocks('haproxy')[1]?.trim().split('\n') ?? []) expect(known).toContain(rule);
    await addRules(blocks('haproxy')[1]);
  });

  test('it counts, and refuses what is no account', async () => {
    const started = await agent();
    await using _haproxy = await front();
    const ann = "curl -s 'http://127.0.0.1:8080/login?account=ann' | grep login-";
    const told =
      (await curl(ann)) +
      (await curl(ann)) +
      (await curl("curl -s 'http://127.0.0.1:8080/login?account=A/B' | grep login-"));
    expect(told).toBe(prints[1]);
    expect(await started.end()).toBe(0);
  });

  test('it breaks: the fallback goes on, and the metrics tell', async () => {
    await edit('src/logins/logins.service.ts', (text) => text.replace(/^ *async try.*\n/m, `$&${broken}`));
    expect((await run(join(workspace, 'node_modules', '.bin', 'tsc'), ['-b'], { cwd: workspace })).code).toBe(0);
    const started = await agent();
    await using _haproxy = await front();
    const told =
      (await curl("curl -s 'http://127.0.0.1:8080/login?account=ann' | grep login-")) +
      (await curl(`curl -s http://127.0.0.1:9464/metrics | grep 'login",outcome'`));
    expect(told).toBe(prints[2]);
    expect(await started.end()).toBe(0);
  });

  test('nothing else is on the page', () => {
    expect(commands).toEqual(done);
    expect(blocks('[a-z]*')).toHaveLength(code.length + 4);
    expect(page.split('\n').filter((line) => line.length > 130)).toEqual([]);
  });
});
