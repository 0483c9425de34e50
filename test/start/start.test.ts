import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { healthcheck } from '@spoa/core';
import { request } from '@spoa/testing';
import { afterEach, beforeEach, describe, expect, onTestFailed, test } from 'vitest';

/** What `npm start` runs, built as `npm test` builds it. */
const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

class Started {
  output = '';
  readonly exited: Promise<number | null>;
  readonly #child: ChildProcess;

  constructor(args: readonly string[]) {
    const { DATABASE_URL: _, ...env } = process.env;
    this.#child = spawn(process.execPath, [MAIN, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
      });
    }
    this.exited = once(this.#child, 'exit').then(([code]) => code as number | null);
    onTestFailed(() => console.error(this.output));
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  async said(pattern: RegExp): Promise<void> {
    while (!pattern.test(this.output)) {
      const ended = await Promise.race([this.exited.then(() => true), once(this.#child.stdout as never, 'data')]);
      if (ended === true && !pattern.test(this.output)) throw new Error(`it ended without saying ${pattern}`);
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return (address as { port: number }).port;
}

let data: string;
beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'spoa-start-'));
});
afterEach(() => rm(data, { recursive: true, force: true }));

// Making an embedded database is seconds of computing, and many where others compute too.
describe('S2-26 spoa start', { timeout: 180_000 }, () => {
  test('answers a real HAProxy from the bundled lists, shows each decision, and stops on Ctrl-C', async () => {
    const [port, haproxyPort] = [await freePort(), await freePort()];
    const started = new Started(['start', '--port', `${port}`, '--haproxy-port', `${haproxyPort}`, '--data', data]);
    await started.said(/Ctrl-C ends it/);
    expect(started.output).toContain(`http://127.0.0.1:${haproxyPort}/`);

    const ask = (address: string) => request(haproxyPort, { headers: { 'x-forwarded-for': address } });
    const known = await ask('192.0.2.20');
    expect(known.status).toBe(200);
    expect(known.body).toContain('ip_score 40');
    expect(known.body).toContain('ip_list demo-scores');
    expect(known.body).toContain('ip_reason open proxy');
    expect((await ask('203.0.113.7')).status).toBe(403);
    expect((await ask('2001:db8:bad::5')).status).toBe(403);
    const stranger = await ask('93.184.215.14');
    expect(stranger.body).toMatch(/^ip_score 100$/m);
    expect(stranger.body).toMatch(/^ip_list $/m);
    await started.said(/"ip":"203\.0\.113\.7","score":0/);
    await healthcheck({ port });

    started.signal('SIGINT');
    expect(await started.exited).toBe(0);
    // HAProxy's come every second: nobody would find the decisions among them.
    expect(started.output).not.toContain('health check');
    await expect(request(haproxyPort)).rejects.toThrow();
    await expect(healthcheck({ port })).rejects.toThrow();
  });

  test('runs the agent alone, and keeps what it was told', async () => {
    const port = await freePort();
    const args = ['start', '--no-haproxy', '--port', `${port}`, '--data', data];
    const first = new Started(args);
    await first.said(/Ctrl-C ends it/);
    expect(first.output).toContain('filled a new database with the bundled lists');
    expect(await healthcheck({ port })).toMatchObject({ version: '2.0', capabilities: [] });
    first.signal('SIGTERM');
    expect(await first.exited).toBe(0);

    const second = new Started(args);
    await second.said(/Ctrl-C ends it/);
    expect(second.output).not.toContain('filled a new database');
    second.signal('SIGINT');
    expect(await second.exited).toBe(0);
  });

  test('says what is wrong, and how to mend it', async () => {
    const help = new Started(['start', '--help']);
    expect(await help.exited).toBe(0);
    for (const option of ['--host', '--port', '--haproxy-port', '--no-haproxy', '--data']) {
      expect(help.output).toContain(option);
    }
    const usage = new Started(['start', '--port', 'many']);
    expect(await usage.exited).toBe(2);
    expect(usage.output).toContain('port: must be an integer from 0 to 65535 (--port)');
    const noPort = new Started(['start', '--haproxy-port', '0', '--data', data]);
    expect(await noPort.exited).toBe(2);
    expect(noPort.output).toContain('A port is an integer from 1 to 65535.');

    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as { port: number };
    const busy = new Started(['start', '--no-haproxy', '--port', `${port}`, '--data', data]);
    expect(await busy.exited).toBe(1);
    expect(busy.output).toContain('something else listens there');
    taken.close();
  });
});
