import { readdir, readFile } from 'node:fs/promises';
import { ERRORS } from '@spoa/core';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { ConfigService } from '../../src/config/index.ts';
import { HAPROXY_CONFIG_ERRORS, HAPROXY_FINDINGS } from '../../src/haproxy/index.ts';
import {
  BOOT_FAULTS,
  type Class,
  FRAMEWORK_ERRORS,
  IpAddress,
  MemoryStreamStore,
  Module,
  SpoaApplication,
} from '../../src/index.ts';
import { encodeHeaders } from '../../src/parse/index.ts';
import { message, startApplication } from '../support/test-application.ts';
import { main } from './configuration-alone.ts';
import { start } from './configuration-before.ts';
import { AppModule, ReputationService } from './configuration-module.ts';
import { Tenants, IpReputationController as TenantsController, Timing } from './enhancers.ts';
import { IpReputationController } from './failure-policy.ts';
import { LabelController, unwanted } from './parse-back.ts';
import { fewCookies } from './parse-own-limit.ts';
import { ClassifyController } from './parse-request.ts';
import { type Table, TableStreamStore } from './stream-store-elsewhere.ts';
import { providers, RequestController, ResponseController } from './stream-store-memory.ts';
import { readPage } from './support/pages.ts';

/** The pages whose examples are the files beside this one, word for word. */
const PAGES = [
  'coming-from-go',
  'coming-from-nestjs',
  'configuration',
  'core',
  'controllers',
  'enhancers',
  'failure-policy',
  'haproxy-for-agent-authors',
  'lifecycle',
  'listening',
  'modules',
  'parse-helpers',
  'stream-store',
];

const here = new URL('./', import.meta.url);
const files = await Promise.all(
  (await readdir(here))
    .filter((name) => name.endsWith('.ts') && !name.includes('.test.'))
    .map((name) => readFile(new URL(name, here), 'utf8')),
);
const pages = await Promise.all(PAGES.map(readPage));

test('the examples of the pages are files that are compiled and run here', () => {
  const examples = pages.flatMap((page) => [...page.matchAll(/^```ts\n(.*?)^```/gms)].map(([, code]) => code));
  expect(examples.toSorted()).toEqual(files.toSorted());
});

test('the pages have lines that fit a screen, but for rows of tables', () => {
  const lines = pages.flatMap((page) => page.split('\n'));
  expect(lines.filter((line) => line.length > 130 && !line.startsWith('|'))).toEqual([]);
});

test('the pages name no error code that nobody has', () => {
  const known = { ...ERRORS, ...BOOT_FAULTS, ...FRAMEWORK_ERRORS, ...HAPROXY_FINDINGS, ...HAPROXY_CONFIG_ERRORS };
  const named = new Set(pages.flatMap((page) => page.match(/SPOA_[A-Z_]+/g) ?? []));
  expect([...named].filter((code) => !(code in known))).toEqual([]);
});

test('the pages link to files and headings that there are', async () => {
  const names = (await readdir(new URL('../../../../docs/', here))).map((name) => name.replace(/\.md$/, ''));
  const texts = new Map(await Promise.all(names.map(async (name) => [name, await readPage(name)] as const)));
  for (const [i, page] of pages.entries()) {
    for (const [link, name = '', heading] of page.matchAll(/\]\(([a-z-]*)(?:\.md)?(?:#([a-z0-9-]+))?\)/g)) {
      const text = name === '' ? page : texts.get(name);
      expect(text, `${link} of ${PAGES[i]}`).toBeDefined();
      if (heading !== undefined) expect(headingsOf(text ?? ''), `${link} of ${PAGES[i]}`).toContain(heading);
    }
  }
});

/** As GitHub names them. */
function headingsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^a-z0-9 _-]/g, '')
      .replaceAll(' ', '-'),
  );
}

@Module()
class EmptyModule {}

describe('docs/configuration.md', () => {
  test('the module', async () => {
    vi.stubEnv('AGENT_DATABASE__URL', 'postgres://u:p@db.example/app');
    onTestFinished(() => void vi.unstubAllEnvs());
    const app = await SpoaApplication.create(AppModule, { logger: false });
    onTestFinished(() => app.close());
    expect(app.get<ReputationService>(ReputationService).host).toBe('db.example');
  });

  test('without a module', async () => {
    const said: unknown[] = [];
    vi.spyOn(console, 'log').mockImplementation((text) => void said.push(text));
    onTestFinished(() => void vi.restoreAllMocks());
    await main(['--port=9001', '--workers', '2']);
    expect(said).toEqual(['port 9001, from --port']);
  });

  test('read once, for the module too', async () => {
    await using app = await start(EmptyModule, ['--port=0', '--log-level=debug']);
    expect(app.logger.level).toBe('debug');
    expect(app.get<ConfigService<{ port: number }>>(ConfigService).get('port')).toBe(0);
  });
});

test('docs/enhancers.md', async () => {
  const { app, notify } = await startApplication({ controllers: [TenantsController], providers: [Tenants, Timing] });
  const score = async (ip: number, tenant: string, path = '/') => {
    const asked = message('get-ip-reputation', ['ip', IpAddress.v4(ip)], ['tenant', tenant], ['path', path]);
    return (await notify(asked)).get('session', 'ip_score');
  };
  expect(await score(0x7f000001, 'shop')).toBe(10);
  expect(await score(0x7f000001, 'shop', '/admin')).toBe(90);
  expect(await score(0x7f000001, 'shop', 'admin')).toBe(50);
  expect(await score(0x7f000001, 'other')).toBe(50);
  expect(await score(0x0a000001, 'shop')).toBe(0);
  expect([...app.get<Timing>(Timing).longest.keys()]).toEqual(['get-ip-reputation']);
});

test('docs/failure-policy.md', async () => {
  const { notify } = await startApplication({ controllers: [IpReputationController] });
  const answer = async (answered: Promise<Response>) => {
    const asked = vi.spyOn(globalThis, 'fetch').mockReturnValueOnce(answered);
    onTestFinished(() => asked.mockRestore());
    const ack = await notify(message('get-ip-reputation', ['ip', IpAddress.v4(0x7f000001)]));
    return [ack.get('session', 'ip_score'), ack.get('session', 'ip_error')];
  };
  expect(await answer(Promise.resolve(new Response('7')))).toEqual([7, undefined]);
  expect(await answer(new Promise(() => {}))).toEqual([50, 'deadline']);
});

describe('docs/parse-helpers.md', () => {
  test('a request is classified', async () => {
    const { notify } = await startApplication({ controllers: [ClassifyController] });
    const classify = async (agent: string, cookies: string) => {
      const headers = encodeHeaders([['user-agent', agent]]);
      return (await notify(message('classify', ['headers', headers], ['cookies', cookies]))).get(
        'transaction',
        'class',
      );
    };
    expect(await classify('a browser', 'session=1')).toBe('user');
    expect(await classify('a bot', '')).toBe('bot');
    expect(await classify('a browser', '')).toBe('guest');
  });

  test('a limit of its own', () => {
    expect(fewCookies['~standard'].validate('a=1;'.repeat(21))).toMatchObject({ issues: [{}] });
  });

  test('headers go back', async () => {
    const { notify } = await startApplication({ controllers: [LabelController] });
    const ack = await notify(message('label', ['path', '/admin/users']));
    const list = ack.get('transaction', 'headers');
    expect(String(list)).toBe('\x06x-area\x05admin\x0cx-checked-by\x05agent\0\0');
    expect(String(unwanted)).toBe('\x0fx-forwarded-for\x09x-real-ip\0');
  });
});

describe('docs/stream-store.md', () => {
  const controllers: Class[] = [RequestController, ResponseController];

  test('in memory', async () => {
    const { notify } = await startApplication({ controllers, providers });
    await notify(message('request', ['id', 'one'], ['path', '/']));
    const slow = async (id: string) =>
      (await notify(message('response', ['id', id], ['status', 200]))).get('transaction', 'slow');
    expect(await slow('one')).toBe(false);
    expect(await slow('one')).toBeUndefined();
  });

  test('elsewhere', async () => {
    const rows = new MemoryStreamStore<string>();
    const table: Table = {
      read: async (id) => rows.get(id),
      write: async (id, value) => rows.set(id, value),
      remove: async (id) => rows.take(id),
      count: async () => rows.size,
    };
    const store = new TableStreamStore<{ n: number }>(table);
    await store.set('a', { n: 1 });
    expect([await store.get('a'), await store.size]).toEqual([{ n: 1 }, 1]);
    expect([await store.take('a'), await store.get('a'), await store.delete('a')]).toEqual([
      { n: 1 },
      undefined,
      false,
    ]);
  });
});
