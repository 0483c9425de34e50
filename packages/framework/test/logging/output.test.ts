import { execFile } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { SpoaApplication } from '../../src/index.ts';

/** What a program that is made of the built framework writes. */
async function run(program: string): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
  });
  return stdout;
}

const START = "import { SpoaApplication } from '@spoa/framework';";

test('JSON where nobody looks on', async () => {
  const text = await run(`${START} (await SpoaApplication.create({ controllers: [] })).logger.info('a line');`);
  expect(JSON.parse(text)).toMatchObject({ level: 30, msg: 'a line' });
});

test.each([
  ['on a terminal', 'process.stdout.isTTY = true;', ''],
  ['where it is asked for', '', ', logger: { pretty: true }'],
])('for eyes %s', async (_, terminal, logger) => {
  const create = `SpoaApplication.create({ controllers: []${logger} })`;
  const text = await run(`${START} ${terminal} (await ${create}).logger.warn({ n: 1 }, 'a line');`);
  expect(text).toMatch(/^\[\d\d:\d\d:\d\d\.\d+\].*WARN.*a line.*\{"n":1\}.*\n$/);
});

const SECRETS = {
  password: 's3cret',
  user: { name: 'ann', token: 's3cret' },
  request: { headers: { authorization: 's3cret', cookie: 's3cret', 'set-cookie': 's3cret', host: 'example.org' } },
  card: 's3cret',
};

test('secrets are not written, and what is added to them neither', async () => {
  const text = await run(
    `${START} const logger = { redact: ['card'] };
    (await SpoaApplication.create({ controllers: [], logger })).logger.info(${JSON.stringify(SECRETS)}, 'a line');`,
  );
  expect(text).not.toContain('s3cret');
  expect(JSON.parse(text)).toMatchObject({ user: { name: 'ann' }, request: { headers: { host: 'example.org' } } });
});

test('a logger that is made elsewhere stays as it is', async () => {
  const { pino } = await import('pino');
  const logger = pino({ level: 'silent' });
  const app = await SpoaApplication.create({ controllers: [], logger });
  onTestFinished(() => app.close());
  expect(app.logger).toBe(logger);
});

test("pino's transports: files that are rotated", async () => {
  const folder = await mkdtemp(join(tmpdir(), 'spoa-log-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const target = { target: 'pino-roll', options: { file: join(folder, 'agent.log'), size: '1k', mkdir: true } };
  const count = await run(`${START}
    import { readdir } from 'node:fs/promises';
    const logger = { transport: ${JSON.stringify(target)} };
    const app = await SpoaApplication.create({ controllers: [], logger });
    const deadline = performance.now() + 10_000;
    let i = 0;
    while ((await readdir(${JSON.stringify(folder)})).length < 2 && performance.now() < deadline) {
      app.logger.info({ password: 's3cret', i: i++ }, 'a line');
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    console.log(i);`);
  const files = await readdir(folder);
  expect(files.length).toBeGreaterThan(1);
  const text = (await Promise.all(files.map((name) => readFile(join(folder, name), 'utf8')))).join('');
  const written = text
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { i: number }).i);
  expect(written.toSorted((a, b) => a - b)).toEqual(Array.from({ length: Number(count) }, (_, i) => i));
  expect(text).not.toContain('s3cret');
});

test("pino's transports: syslog", async () => {
  const syslog = createSocket('udp4');
  syslog.bind(0, '127.0.0.1');
  await once(syslog, 'listening');
  onTestFinished(() => void syslog.close());
  const { port } = syslog.address();
  const received = once(syslog, 'message') as Promise<[Buffer]>;
  const pipeline = [
    { target: 'pino-syslog', options: { modern: true, appname: 'agent', facility: 16 } },
    { target: 'pino-socket', options: { mode: 'udp', address: '127.0.0.1', port } },
  ];
  // The example of docs/logging.md, sent to this test.
  await run(`${START}
    const logger = { transport: ${JSON.stringify({ pipeline })} };
    (await SpoaApplication.create({ controllers: [], logger })).logger.warn('a line');`);
  const [line] = await received;
  // Facility 16, severity 4.
  expect(line.toString()).toMatch(/^<132>1 .* agent .*"msg":"a line"/);
});

test('a transport for journald: priorities that it reads', async () => {
  const text = await run(`${START}
    const logger = { level: 'trace', transport: { target: '@spoa/framework/journald' } };
    const { logger: log } = await SpoaApplication.create({ controllers: [], logger });
    for (const level of ['trace', 'debug', 'info', 'warn', 'error', 'fatal']) log[level]({ level }, 'a line');`);
  const lines = text.trim().split('\n');
  expect(lines.map((line) => line.slice(0, 3))).toEqual(['<7>', '<7>', '<6>', '<4>', '<3>', '<2>']);
  expect(lines.map((line) => (JSON.parse(line.slice(3)) as { msg: string }).msg)).toEqual(Array(6).fill('a line'));
});
