import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { locationOf } from '../src/database/location.ts';
import { loadSettings, settings } from '../src/settings.ts';
import { runCli } from './support/processes.ts';

async function folderWith(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ipr-settings-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return folder;
}

const load = (flags: readonly string[], env: NodeJS.ProcessEnv = {}) => loadSettings(flags, settings, env);

describe('settings', () => {
  test('each comes from the last source that has it', async () => {
    const folder = await folderWith({ 'agent.yaml': 'host: ::1\nport: 1\ndefaultScore: 1\nseed: true\n' });
    const config = await load([`--config=${join(folder, 'agent.yaml')}`, '--port=3'], {
      IP_REPUTATION_PORT: '2',
      IP_REPUTATION_DEFAULT_SCORE: '2',
    });
    const { host, port, defaultScore, seed, socketMode } = config.value;
    expect({ host, port, defaultScore, seed, socketMode }).toEqual({
      host: '::1',
      port: 3,
      defaultScore: 2,
      seed: true,
      socketMode: '660',
    });
  });

  test('all faults are told, each with where it came from', async () => {
    const folder = await folderWith({ 'agent.yaml': 'host: 7\nadminPort:\n' });
    const file = join(folder, 'agent.yaml');
    const flags = [`--config=${file}`, '--port=65536', '--socket-mode=9', '--seed=perhaps'];
    const error = await load(flags, { IP_REPUTATION_DEFAULT_SCORE: '1.5', IP_REPUTATION_LOG_LEVEL: 'loud' }).catch(
      (reason: unknown) => reason,
    );
    const lines = String((error as Error).message).split('\n');
    expect(lines).toEqual(
      expect.arrayContaining([
        'the configuration has 7 faults:',
        '  port: must be an integer from 0 to 65535 (--port)',
        '  socketMode: must be three octal digits (--socket-mode)',
        '  defaultScore: must be an integer from 0 to 100 (IP_REPUTATION_DEFAULT_SCORE)',
        expect.stringMatching(/^ {2}logLevel: .*"loud" \(IP_REPUTATION_LOG_LEVEL\)$/),
        expect.stringMatching(/^ {2}seed: .*"perhaps" \(--seed\)$/),
        expect.stringMatching(new RegExp(`^ {2}host: .*\\(${file}:1\\)$`)),
        expect.stringMatching(new RegExp(`^ {2}adminPort: .*\\(${file}:2\\)$`)),
      ]),
    );
    await expect(load([`--config=${join(await folderWith({ 'a.json': '{"prot": 1}' }), 'a.json')}`])).rejects.toThrow(
      /prot: the schema has no such key/,
    );
  });

  test.each(['0o660', '660'])('a mode that YAML reads as a number, %s, is none', async (mode) => {
    const file = join(await folderWith({ 'agent.yaml': `socketMode: ${mode}\n` }), 'agent.yaml');
    await expect(load([`--config=${file}`])).rejects.toThrow('  socketMode: must be text: "660"');
  });

  test('a mode of a file is text', async () => {
    const file = join(await folderWith({ 'agent.yaml': 'socketMode: "0600"\n' }), 'agent.yaml');
    expect((await load([`--config=${file}`])).value.socketMode).toBe('0600');
  });

  test.each([
    [[], {}, { dataDirectory: expect.stringMatching(/ip-reputation$/) }],
    [[], { IP_REPUTATION_DATA: '/a' }, { dataDirectory: '/a' }],
    [[], { IP_REPUTATION_DATA: '/a', DATABASE_URL: 'postgres:///b' }, { url: 'postgres:///b' }],
    [[], { IP_REPUTATION_DATABASE_URL: 'postgres:///c', DATABASE_URL: 'postgres:///b' }, { url: 'postgres:///c' }],
    [[], { IP_REPUTATION_DATABASE_URL: '', DATABASE_URL: 'postgres:///b' }, { url: 'postgres:///b' }],
    [['--data=/d'], { DATABASE_URL: 'postgres:///b' }, { dataDirectory: '/d' }],
    [['--database-url=postgres:///e'], { IP_REPUTATION_DATA: '/a' }, { url: 'postgres:///e' }],
  ])('the database that %j and %j name', async (flags, env, location) => {
    expect(locationOf(await load(flags, env))).toEqual(location);
  });
});

describe('ip-reputation serve', () => {
  test('--print-config prints what is in force and why, no password, and starts nothing', async () => {
    const folder = await folderWith({
      '.env': 'IP_REPUTATION_ADMIN_PORT=9464\n',
      'agent.yaml': 'defaultScore: 50\n',
    });
    const args = ['serve', '--print-config', '--config', 'agent.yaml', '--log-level=debug'];
    const environment = { DATABASE_URL: 'postgres://agent:geheim@127.0.0.1:1/reputation?sslpassword=auch' };
    const { code, stdout, stderr } = await runCli(args, '', environment, folder);
    expect(stdout.split('\n')).toEqual(
      expect.arrayContaining([
        'port: 12345 # default',
        'databaseUrl: "postgres://agent:***@127.0.0.1:1/reputation?sslpassword=***" # DATABASE_URL',
        'defaultScore: 50 # agent.yaml:1',
        'logLevel: "debug" # --log-level',
        'adminPort: 9464 # IP_REPUTATION_ADMIN_PORT in .env',
      ]),
    );
    expect(stdout + stderr).not.toMatch(/geheim|auch/);
    expect(code).toBe(0);
  });

  test('DATABASE_URL of .env is the database too, like every variable', async () => {
    const folder = await folderWith({ '.env': 'DATABASE_URL=postgres:///file\nIP_REPUTATION_PROT=1\n' });
    const { code, stderr } = await runCli(['serve', '--print-config'], '', {}, folder);
    expect(stderr).toContain(
      'prot: the schema has no such key: did you mean IP_REPUTATION_PORT? (IP_REPUTATION_PROT in .env)',
    );
    expect(code).toBe(2);
    const env = { IP_REPUTATION_PORT: '1' };
    const { stdout } = await runCli(['serve', '--print-config'], '', env, folder);
    expect(stdout).toContain('databaseUrl: "postgres:///file" # DATABASE_URL in .env\n');
  });

  test('wrong settings end it with code 2', async () => {
    const { code, stdout, stderr } = await runCli(['serve', '--port', '-1', '--default-score', 'high']);
    expect(stderr).toContain('port: must be an integer from 0 to 65535 (--port)');
    expect(stderr).toContain('defaultScore: must be an integer from 0 to 100 (--default-score)');
    expect([code, stdout]).toEqual([2, '']);
  });

  test('--help has examples and exit codes', async () => {
    const { code, stdout } = await runCli(['serve', '--help']);
    expect(stdout).toMatch(/--port <port> .*\(default:\s+12345\)/s);
    expect(stdout).toContain('Exit codes: 0');
    expect(code).toBe(0);
  });
});
