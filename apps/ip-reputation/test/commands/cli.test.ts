import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { IpAddress } from '@spoa/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DatabaseLocation, openDatabase } from '../../src/database/database.ts';
import { ReputationService } from '../../src/service/reputation-service.ts';
import { pglite, postgres } from '../support/databases.ts';
import { type Finished, runCli } from '../support/processes.ts';

describe.each([pglite(), postgres()])('the ip-reputation command, service running, on $name', (kind) => {
  let location: DatabaseLocation;
  let folder: string;
  let close: () => Promise<void>;
  let service: ReputationService;

  const run = (args: string[], input?: string): Promise<Finished> =>
    runCli(
      [...args, ...('url' in location ? ['--database-url', location.url] : ['--data', location.dataDirectory])],
      input,
    );
  const write = async (name: string, text: string): Promise<string> => {
    const path = join(folder, name);
    await writeFile(path, text);
    return path;
  };
  const score = (address: string) => () => service.lookup(IpAddress.parse(address) as IpAddress).score;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ipr-cli-'));
    location = await kind.create();
    const database = await openDatabase(location);
    service = new ReputationService(database, { pollMs: 60_000 });
    await service.start();
    close = async () => {
      await service.close();
      await database.close();
    };
  });
  afterAll(async () => {
    await close?.();
    await rm(folder, { recursive: true, force: true });
    await kind.stop();
  });

  test('import: a file, its list named after it, bad lines reported', async () => {
    const file = await write('blocked.netset', '# blocked\n192.0.2.0/24\nbad line\n198.51.100.7\n');
    const { code, stdout, stderr } = await run(['import', file]);
    expect(stdout).toBe(
      `${file} (netset): 4 lines, 2 entries in "blocked": 2 new, 0 changed, 0 as before, 0 removed\n`,
    );
    expect(stderr).toBe('  line 3: not an address or prefix: "bad line"\n');
    expect(code).toBe(3);
    await expect.poll(score('192.0.2.200'), { timeout: 1000 }).toBe(0);
  });

  test('import: several files; the one that fails does not keep the others out', async () => {
    const good = await write(
      'good.json',
      '{"cidr":"203.0.113.0/24","sblid":"SBL9"}\n{"type":"metadata","records":1}\n',
    );
    const { code, stdout, stderr } = await run(['import', good, join(folder, 'missing'), '--json']);
    expect(JSON.parse(stdout)).toMatchObject([
      { lists: ['good'], format: 'drop', added: 1 },
      { error: expect.any(String) },
    ]);
    expect(stderr).toContain('ENOENT');
    expect(code).toBe(1);
  });

  test('import: standard input, replacing', async () => {
    const { code, stdout } = await run(
      ['import', '-', '--list', 'blocked', '--replace', '--score', '3'],
      '192.0.2.0/24',
    );
    expect(stdout).toContain('0 new, 1 changed, 0 as before, 1 removed');
    expect(code).toBe(0);
    await expect.poll(score('198.51.100.7'), { timeout: 1000 }).toBe(100);
    expect(score('192.0.2.1')()).toBe(3);
  });

  test('set, lookup, remove', async () => {
    const set = await run(['set', '192.0.2.9', '--score', '55', '--reason', 'under observation', '--expires', '1h']);
    expect(set.stdout).toMatch(/^192\.0\.2\.9\/32: score 55 in "manual" until 2/);
    await expect.poll(score('192.0.2.9'), { timeout: 1000 }).toBe(55);

    const text = await run(['lookup', '192.0.2.9', '2001:db8::1', '::ffff:192.0.2.8']);
    expect(text.stdout.split('\n')).toEqual([
      expect.stringMatching(/^192\.0\.2\.9: score 55, list manual, 192\.0\.2\.9\/32: under observation \(until 2/),
      '  outdone: score 3, list blocked, 192.0.2.0/24',
      '2001:db8::1: score 100, in no list',
      '::ffff:192.0.2.8: score 3, list blocked, 192.0.2.0/24',
      '',
    ]);
    const json = await run(['lookup', '192.0.2.9', '192.0.3.1', '--json', '--default-score', '50']);
    expect(JSON.parse(json.stdout)).toMatchObject([
      { ip: '192.0.2.9', score: 55, list: 'manual', prefix: '192.0.2.9/32', entries: [{}, {}] },
      { ip: '192.0.3.1', score: 50, list: null, entries: [] },
    ]);

    expect(await run(['remove', '192.0.2.9', '--list', 'blocked'])).toMatchObject({ code: 1, stdout: '' });
    expect(await run(['remove', '192.0.2.9'])).toMatchObject({ code: 0, stdout: '1 entry removed\n' });
    await expect.poll(score('192.0.2.9'), { timeout: 1000 }).toBe(3);
    expect(await run(['remove', '--list', 'good', '--whole-list'])).toMatchObject({ stdout: '1 entry removed\n' });
  });

  test('stats', async () => {
    const { stdout } = await run(['stats']);
    expect(stdout).toMatch(/: 1 entries in 1 list\n/);
    expect(stdout).toMatch(/\nblocked +1 +1 +0 +3 +0 +0 +20/);
    const json = JSON.parse((await run(['stats', '--json'])).stdout);
    expect(json).toMatchObject({ entries: 1, lists: [{ list: 'blocked', ipv4: 1, lowestScore: 3 }] });
  });
});

describe('wrong command lines end with code 2 and a remedy', () => {
  test.each([
    [['set', '192.0.2.1/24', '--score', '1'], 'Is the network meant (192.0.2.0/24) or the address (192.0.2.1)?'],
    [['set', 'example.com', '--score', '1'], 'Give an address or a prefix'],
    [['set', '192.0.2.1'], "required option '--score <n>'"],
    [['set', '192.0.2.1', '--score', '101'], 'A score is an integer from 0'],
    [['set', '192.0.2.1', '--score', '1', '--expires', 'soon'], 'Give a duration'],
    [['set', '192.0.2.1', '--score', '1', '--expires', '2001-01-01'], 'in the past'],
    [['lookup'], "missing required argument 'ip'"],
    [['lookup', '192.0.2.0/24'], 'Give an address'],
    [['remove'], 'give addresses or prefixes, or --list'],
    [['import', '-'], 'give --list'],
    [['import', 'a', 'b', '--list', 'x', '--replace'], 'takes one file'],
    [
      ['stats', '--data', 'x', '--database-url', 'y'],
      "'--data <dir>' cannot be used with option '--database-url <url>'",
    ],
    [['stat'], 'Did you mean stats?'],
    [['stats', '--yaml'], "unknown option '--yaml'"],
  ])('%j', async (args, message) => {
    const { code, stderr, stdout } = await runCli(args);
    expect(stderr).toContain(message);
    expect([code, stdout]).toEqual([2, '']);
  });

  test('a database that is not there is a failure', async () => {
    const url = 'postgresql://secret:password@127.0.0.1:1/none';
    const { code, stderr } = await runCli(['stats'], '', { DATABASE_URL: url });
    expect(stderr).toMatch(/^ip-reputation: no connection to PostgreSQL at 127\.0\.0\.1:1\/none: .*ECONNREFUSED/);
    expect(stderr).not.toContain('password');
    expect(code).toBe(1);
  });

  test.each(['import', 'lookup', 'set', 'remove', 'stats'])('%s --help has examples and exit codes', async (name) => {
    const { code, stdout } = await runCli([name, '--help']);
    expect(stdout).toMatch(/Examples?:\n {2}ip-reputation /);
    expect(stdout).toContain('Exit codes: 0');
    expect(stdout).toContain('--database-url');
    expect(code).toBe(0);
  });
});
