import { readdirSync, statSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import type pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Database, openDatabase } from '../../src/database/database.ts';
import { pglite } from '../support/databases.ts';
import { runCli, runScript } from '../support/processes.ts';

/** The embedded database between processes: one has the folder open, the others come through its socket. */
describe('a data folder', () => {
  const kind = pglite();
  let template: string;
  let base: string;
  let folder: string;
  const open: Database[] = [];

  async function openIt(): Promise<Database> {
    const database = await openDatabase({ dataDirectory: folder });
    open.push(database);
    return database;
  }

  const insert = (prefix: string) => `INSERT INTO reputation.entry (prefix, list, score) VALUES ('${prefix}', 'x', 1)`;
  const prefixes = async (database: Database) =>
    (await database.query<{ prefix: string }>('SELECT prefix::text FROM reputation.entry ORDER BY prefix')).map(
      ({ prefix }) => prefix,
    );
  const socketOf = (client: pg.Client): string => join(client.host, '.s.PGSQL.5432');

  beforeEach(async () => {
    base = await mkdtemp(join(tmpdir(), 'ipr-folder-'));
    folder = join(base, 'data');
    await cp(template, folder, { recursive: true });
  });
  beforeAll(async () => {
    const location = await kind.create();
    if ('dataDirectory' in location) template = location.dataDirectory;
  });
  afterAll(() => kind.stop());
  afterEach(async () => {
    for (const database of open.splice(0).reverse()) await database.close();
    await rm(base, { recursive: true, force: true });
  });

  test('may be named relative to the current folder', async () => {
    folder = relative(process.cwd(), folder);
    const database = await openIt();
    expect(await database.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  test('processes that come at the same moment to a new one share it', async () => {
    await rm(folder, { recursive: true });
    const addresses = ['192.0.2.1', '192.0.2.2', '192.0.2.3'];
    const results = await Promise.all(addresses.map((ip) => runCli(['set', ip, '--score', '1', '--data', folder])));
    expect(results.map(({ code, stderr }) => [code, stderr])).toEqual(addresses.map(() => [0, '']));
    expect(await prefixes(await openIt())).toEqual(addresses.map((ip) => `${ip}/32`));
    await open.pop()?.close();
    expect(readdirSync(join(folder, 'holders'))).toEqual([]);
  });

  test('a process that is killed in a transaction leaves the committed rows, and no lock', async () => {
    const { child, said, finished } = runScript(`
      const database = await app.openDatabase({ dataDirectory: ${JSON.stringify(folder)} });
      await database.query(${JSON.stringify(insert('192.0.2.1'))});
      const client = await database.connect();
      await client.query('BEGIN');
      await client.query(${JSON.stringify(insert('192.0.2.2'))});
      console.log('in a transaction');`);
    expect(await said).toBe('in a transaction');
    child.kill('SIGKILL');
    await finished;
    expect(readdirSync(join(folder, 'holders'))).not.toEqual([]);
    expect(await prefixes(await openIt())).toEqual(['192.0.2.1/32']);
  });

  test('a client that dies in a transaction does not stop the others, and its changes are gone', async () => {
    const database = await openIt();
    const { child, said, finished } = runScript(`
      const database = await app.openDatabase({ dataDirectory: ${JSON.stringify(folder)} });
      const client = await database.connect();
      await client.query('BEGIN');
      await client.query(${JSON.stringify(insert('192.0.2.2'))});
      console.log('in a transaction');`);
    expect(await said).toBe('in a transaction');
    const waiting = database.query(insert('192.0.2.1'));
    child.kill('SIGKILL');
    await finished;
    await waiting;
    expect(await prefixes(database)).toEqual(['192.0.2.1/32']);
  });

  test('the folder passes to another process when the one that has it ends', async () => {
    const first = await openIt();
    const second = await openIt();
    await first.query(insert('192.0.2.1'));
    await second.query('SELECT 1');
    await first.close();
    await second.query(insert('192.0.2.2'));
    expect((await runCli(['remove', '192.0.2.1', '--data', folder])).code).toBe(0);
    expect(await prefixes(second)).toEqual(['192.0.2.2/32']);
  });

  test('a command at work may finish, or fails, when the process that has the folder ends', async () => {
    for (const [graceMs, address, expected] of [
      [60_000, '192.0.2.1', 'done'],
      [0, '192.0.2.2', 'failed'],
    ] as const) {
      const holder = await openIt();
      const { child, said, finished } = runScript(`
        const database = await app.openDatabase({ dataDirectory: ${JSON.stringify(folder)} });
        const work = database.transaction(async (query) => {
          await query(${JSON.stringify(insert(address))});
          console.log('at work');
          await new Promise((resolve) => process.stdin.once('data', resolve));
        });
        process.stdout.write(await work.then(() => 'done', () => 'failed'));
        await database.close();
        process.exit();`);
      expect(await said).toBe('at work');
      const closing = holder.close(graceMs);
      if (graceMs === 0) await closing;
      child.stdin?.end('go on\n');
      expect((await finished).stdout).toBe(`at work\n${expected}`);
      await closing;
    }
    expect(await prefixes(await openIt())).toEqual(['192.0.2.1/32']);
  });

  test('a database that can not be opened is an error that says why, and leaves no lock', async () => {
    await rm(join(folder, 'pgdata', 'global'), { recursive: true });
    const { code, stderr } = await runCli(['stats', '--data', folder]);
    expect(stderr).toMatch(/^ip-reputation: the embedded database could not be opened: .+/);
    expect(code).toBe(1);
    expect(readdirSync(join(folder, 'holders'))).toEqual([]);
  });

  test('nobody else may use the socket', async () => {
    const client = await (await openIt()).connect();
    const path = socketOf(client);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(dirname(path)).mode & 0o777).toBe(0o700);
    await client.end();
  });

  test('a folder whose path is too long for a socket has it elsewhere', async () => {
    folder = join(base, 'a'.repeat(60), 'b'.repeat(60));
    await cp(template, folder, { recursive: true });
    const database = await openIt();
    const client = await database.connect();
    const path = socketOf(client);
    expect(path.startsWith(base)).toBe(false);
    expect(path.length).toBeLessThan(104);
    expect(statSync(dirname(path)).mode & 0o777).toBe(0o700);
    await client.end();
    expect((await runCli(['set', '192.0.2.1', '--score', '1', '--data', folder])).code).toBe(0);
    expect(await prefixes(database)).toEqual(['192.0.2.1/32']);
    await open.pop()?.close();
    expect(() => statSync(dirname(path))).toThrow('ENOENT');
  });

  test('strangers at the socket are sent away and disturb nobody', async () => {
    const database = await openIt();
    const client = await database.connect();
    const path = socketOf(client);
    const strangers = [
      'GET / HTTP/1.1\r\nHost: x\r\n\r\n',
      '\0\0\0\0\0\0\0\0',
      // StartupMessage, then a message of 2 GB.
      '\0\0\0\x08\0\x03\0\0Q\x7f\xff\xff\xff',
      // A request to cancel, of which there is nothing to cancel.
      '\0\0\0\x10\x04\xd2\x16\x2e\0\0\0\0\0\0\0\0',
    ];
    await Promise.all(
      strangers.map(
        (bytes) =>
          new Promise<void>((resolve) => {
            const socket = createConnection(path, () => socket.write(Buffer.from(bytes, 'latin1')));
            socket.resume().on('close', () => resolve());
          }),
      ),
    );
    await database.query(insert('192.0.2.1'));
    expect(await prefixes(database)).toEqual(['192.0.2.1/32']);
    await client.end();
  });

  test('what a client sets is not left to the next one', async () => {
    const database = await openIt();
    const client = await database.connect();
    await client.query(`SET TimeZone = 'Asia/Tokyo'`);
    await client.end();
    await expect
      .poll(() => database.query('SHOW TimeZone'), { timeout: 2000 })
      .not.toEqual([{ TimeZone: 'Asia/Tokyo' }]);
    const { rows } = await (await database.connect()).query('SHOW server_version');
    expect(rows).toHaveLength(1);
  });

  test('COPY FROM STDIN, which PGlite cannot do, is an error and no crash', async () => {
    const database = await openIt();
    await expect(database.query('COPY reputation.entry FROM STDIN')).rejects.toThrow('no COPY FROM STDIN');
    expect(await prefixes(database)).toEqual([]);
  });
});
