import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { connectEngine, DEFAULT_LIMITS, Typed, uint32 } from '@spoa/core';
import { startHaproxy } from '@spoa/testing';
import { describe, expect, onTestFinished, test } from 'vitest';
import { selfSigned } from '../../../core/test/agent/support/certificate.ts';
import { ARGUMENT_TYPES } from '../../src/arguments/argument-type.ts';
import { describeMessages, HAPROXY_VERSIONS, serverAt } from '../../src/haproxy/index.ts';
import { Arg, IpAddress, SpoaApplication, type SpoaApplicationOptions, SpoeMessage } from '../../src/index.ts';
import { haproxyCheck } from '../haproxy/support/accepts.ts';
import { message, startApplication } from '../support/test-application.ts';
import { checkPort } from './controllers-define.ts';
import { IpReputationController } from './controllers-first.ts';
import { CountController, JudgeController } from './controllers-results.ts';
import { main } from './listening-main.ts';
import { filesWith, snippetsOf } from './support/haproxy-snippets.ts';
import { readPage } from './support/pages.ts';

const local = IpAddress.v4(0x7f000001);

describe('docs/controllers.md', () => {
  test('the first', async () => {
    const { notify } = await startApplication({ controllers: [IpReputationController] });
    const score = async (...args: Parameters<typeof message>[1][]) =>
      (await notify(message('get-ip-reputation', ...args))).get('transaction', 'ip_score');
    expect(await score(['ip', local])).toBe(100);
    expect(await score(['ip', IpAddress.v4(1)], ['agent', 'curl'], ['port', 443])).toBe(60);
    expect(await score(['ip', IpAddress.v4(1)], ['agent', null], ['port', null])).toBe(20);
    expect(await score()).toBeUndefined();
  });

  test('says what HAProxy needs for it, and that is what is made of it', async () => {
    const [described] = describeMessages([IpReputationController]);
    const page = await readPage('controllers');
    const args = described?.arguments.map(({ name, sample }) => `${name}=${sample}`).join(' ');
    expect(page).toContain(`      args ${args}\n      event ${described?.event} if ${described?.condition}\n`);
  });

  test('the forms of results', async () => {
    const { notify } = await startApplication({ controllers: [JudgeController, CountController] });
    const admin = await notify(message('judge', ['path', '/admin']));
    expect(admin.actions).toEqual([
      { type: 'set-var', scope: 'transaction', name: 'score', value: 6 },
      { type: 'set-var', scope: 'transaction', name: 'reason', value: 'admin' },
    ]);
    expect((await notify(message('judge', ['path', '/']))).actions).toEqual([
      { type: 'set-var', scope: 'transaction', name: 'score', value: 1 },
      { type: 'unset-var', scope: 'transaction', name: 'reason' },
    ]);
    const counted = await notify(message('count', ['', 1], ['', 'a'], ['x', local]));
    expect(counted.get('transaction', 'count')).toBe(3);
    expect(counted.get('transaction', 'names')).toBe(':INT32 :STRING x:IPV4');
    expect(counted.get('transaction', 'digest')).toEqual(Buffer.from([1, 2]));
    expect(counted.get('session', 'last_stream')).toEqual(expect.any(Number));
    expect(uint32(3)).toBeInstanceOf(Typed);
  });

  test('without a class', async () => {
    const { notify } = await startApplication({ controllers: [checkPort] });
    const low = async (port: number | null) =>
      (await notify(message('check-port', ['ip', local], ['port', port]))).get('session', 'low_port');
    expect([await low(80), await low(8080), await low(null)]).toEqual([true, false, true]);
  });

  test('what the compiler tells of an argument, and what it does not', async () => {
    @SpoeMessage('told')
    class ToldController {
      handle(@Arg('when') _when: Date): void {}
    }
    await expect(SpoaApplication.create({ controllers: [ToldController], logger: false })).rejects.toMatchObject({
      faults: [{ code: 'SPOA_BOOT_ARGUMENT' }],
    });
    const got: unknown[] = [];
    @SpoeMessage('untold')
    class UntoldController {
      handle(@Arg('value') value: string | number | null): void {
        got.push(value);
      }
    }
    const { app, notify } = await startApplication({ controllers: [UntoldController] });
    for (const value of ['text', 1, null]) await notify(message('untold', ['value', value]));
    await notify(message('untold'));
    expect(got).toEqual(['text', 1, null]);
    expect([...app.failures.keys()]).toEqual(['untold SPOA_ARGUMENT_MISSING']);
  });

  test('names every type of an argument', async () => {
    const page = await readPage('controllers');
    for (const type of Object.keys(ARGUMENT_TYPES)) expect(page).toContain(`\n| \`${type}\` |`);
  });
});

describe('docs/listening.md', () => {
  test('TCP, a unix socket and TLS', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'spoa-docs-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const { key, cert } = selfSigned();
    const files = { key: join(folder, 'key.pem'), certificate: join(folder, 'cert.pem') };
    await writeFile(files.key, key);
    await writeFile(files.certificate, cert);
    const socket = join(folder, 'agent.sock');
    const app = await main({ port: 0, socket, tlsPort: 0, ...files });
    onTestFinished(() => app.close({ timeoutMs: 0, quietMs: 0 }));
    const [tcp, unix, tls] = app.addresses;
    if (tcp === undefined || !('port' in tcp) || tls === undefined || !('port' in tls)) throw new Error('no addresses');
    expect(unix).toEqual({ path: socket });
    expect((await stat(socket)).mode & 0o777).toBe(0o660);
    const secure = connectTls({ host: tls.address, port: tls.port, ca: cert, servername: 'localhost' });
    for (const target of [{ host: tcp.address, port: tcp.port }, { path: socket }, { duplex: secure }]) {
      const engine = await connectEngine(target);
      const ack = await engine.notify([message('hello')]);
      expect(ack.get('transaction', 'greeting')).toBe('hello');
      await engine.disconnect();
    }
  });

  test.each(HAPROXY_VERSIONS)('HAProxy %s reaches all three by the server lines', async (version) => {
    const folder = await mkdtemp(join(tmpdir(), 'spoa-docs-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const { key, cert } = selfSigned();
    const files = { key: join(folder, 'key.pem'), certificate: join(folder, 'cert.pem') };
    await writeFile(files.key, key);
    await writeFile(files.certificate, cert);
    const app = await main({ port: 0, socket: join(folder, 'agent.sock'), tlsPort: 0, ...files });
    onTestFinished(() => app.close({ timeoutMs: 0, quietMs: 0 }));
    const [tcp, unix, tls] = app.addresses.map(serverAt);
    const [snippet] = await snippetsOf('listening');
    const places: readonly (readonly [string, string])[] = [
      ['127.0.0.1:12345', `127.0.0.1:${tcp?.port}`],
      ['/run/agent.sock', String(unix && 'path' in unix && unix.path)],
      ['10.0.0.7:12346', `127.0.0.1:${tls?.port}`],
      ['agents.pem', files.certificate],
      ['agent.internal', 'localhost'],
    ];
    const backend = places.reduce((text, [shown, real]) => text.replace(shown, real), snippet?.text ?? '');
    const config = 'defaults\n  timeout client 5s\nlisten any\n  bind 127.0.0.1:{{port:any}}\n';
    const haproxy = await startHaproxy({ version, config: `${config}${backend}` });
    onTestFinished(() => haproxy.stop());
    const states = async () => {
      const rows = (await haproxy.cli('show stat')).split('\n').map((row) => row.split(','));
      return rows.filter(([proxy]) => proxy === 'agents').map((row) => [row[1], row[17], row[36]]);
    };
    await expect
      .poll(states, { timeout: 10_000 })
      .toEqual([...['tcp', 'unix', 'tls'].map((name) => [name, 'UP', 'L7OK']), ['BACKEND', 'UP', '']]);
  });

  test('each HAProxy takes the server lines', async () => {
    const snippets = await snippetsOf('listening');
    expect(snippets).toHaveLength(1);
    const { cert } = selfSigned();
    for (const snippet of snippets) {
      for (const version of snippet.versions) {
        const verdict = await haproxyCheck(version, { ...filesWith(snippet, []), 'agents.pem': cert });
        expect(verdict, version).toMatchObject({ accepted: true, complaints: [] });
      }
    }
  });

  test('has all options with their defaults', async () => {
    const rows = (await readPage('listening')).split('\n').filter((line) => line.startsWith('|'));
    const rowOf = (option: string) => rows.find((row) => row.split('|')[1]?.includes(`\`${option}\``));
    for (const [limit, standard] of Object.entries(DEFAULT_LIMITS)) {
      expect(rowOf(limit)?.split('|')[2], limit).toMatch(new RegExp(`^ ${standard}( bytes| ms| ms: none)? $`));
    }
    const others = {
      controllers: true,
      providers: true,
      imports: true,
      guards: true,
      interceptors: true,
      pipes: true,
      filters: true,
      failurePolicy: true,
      overrides: true,
      enhancerOverrides: true,
      observability: true,
      logger: true,
      pipelining: true,
    } satisfies Record<Exclude<keyof SpoaApplicationOptions, keyof typeof DEFAULT_LIMITS>, true>;
    for (const option of [...Object.keys(others), 'timeoutMs', 'quietMs', 'signal'])
      expect(rowOf(option), option).toBeDefined();
  });
});
