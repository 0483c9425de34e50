import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Database, openDatabase } from '../../src/database/database.ts';
import { listStatistics } from '../../src/entries/entries.ts';
import { type ImportOptions, type ImportResult, importList } from '../../src/import/import-list.ts';
import { seedBundledLists } from '../../src/lists/seed.ts';
import { pglite, postgres } from '../support/databases.ts';

describe.each([pglite(), postgres()])('importing into $name', (kind) => {
  let database: Database;

  const importText = (text: string | Buffer, options: Partial<ImportOptions> = {}): Promise<ImportResult> =>
    importList(database, Readable.from([Buffer.from(text)]), { list: 'test', fileName: 'test.txt', ...options });

  const rows = () =>
    database.query<{ prefix: string; list: string; score: number }>(
      'SELECT prefix::text, list, score, reason FROM reputation.entry ORDER BY prefix, list',
    );

  beforeAll(async () => {
    database = await openDatabase(await kind.create());
  });
  afterEach(async () => {
    const leftOver = await database.query(`SELECT relname FROM pg_class WHERE relname LIKE 'import\\_%'`);
    await database.query('TRUNCATE reputation.entry');
    await database.query('TRUNCATE reputation.property');
    expect(leftOver).toEqual([]);
  });
  afterAll(async () => {
    await database?.close();
    await kind.stop();
  });

  test('good lines get in, bad ones are named and left out', async () => {
    const result = await importText('# list\n192.0.2.0/24\r\nnonsense\n\n2001:db8::1\n198.51.100.9/24\nno.t.an.ip');
    expect(result).toEqual({
      format: 'plain',
      lists: ['test'],
      lines: 7,
      prefixes: 3,
      entries: 3,
      added: 3,
      changed: 0,
      removed: 0,
      bad: {
        count: 2,
        first: [
          { line: 3, problem: 'not an address or prefix: "nonsense"' },
          { line: 7, problem: 'not an address or prefix: "no.t.an.ip"' },
        ],
      },
      hostBits: { count: 1, firstLine: 6 },
      notes: [],
    });
    expect((await rows()).map(({ prefix }) => prefix)).toEqual(['192.0.2.0/24', '198.51.100.0/24', '2001:db8::1/128']);
  });

  test('options fill in what lines leave open', async () => {
    const expiresAt = new Date('2099-01-01T00:00:00Z');
    await importText('192.0.2.0/24,5,other,why\n192.0.2.1,', { score: 50, reason: 'because', expiresAt });
    expect(await rows()).toEqual([
      { prefix: '192.0.2.0/24', list: 'other', score: 5, reason: 'why' },
      { prefix: '192.0.2.1/32', list: 'test', score: 50, reason: 'because' },
    ]);
    expect(await database.query('SELECT DISTINCT expires_at FROM reputation.entry')).toEqual([
      { expires_at: expiresAt },
    ]);
  });

  test('CSV without scores needs one; block lists are 0', async () => {
    await expect(importText('192.0.2.0,192.0.2.255,AU')).rejects.toThrow('none of its 1 lines is good');
    await importText('192.0.2.0/24');
    expect(await rows()).toMatchObject([{ score: 0 }]);
  });

  test('again: only what differs is changed; of two lines for one prefix the last counts', async () => {
    await importText('192.0.2.0/24 ; a\n192.0.2.1 ; b\n192.0.2.1 ; c');
    const again = await importText('192.0.2.0/24 ; a\n192.0.2.1 ; d\n192.0.2.2');
    expect(again).toMatchObject({ prefixes: 3, entries: 3, added: 1, changed: 1, removed: 0 });
    expect((await rows()).map((row) => row)).toMatchObject([{ reason: 'a' }, { reason: 'd' }, { reason: null }]);
  });

  test('replace drops what the list held before, and of no other list', async () => {
    await importText('192.0.2.0/24\n192.0.2.1\n192.0.2.2');
    await importText('192.0.2.1', { list: 'other' });
    const result = await importText('192.0.2.2\n192.0.2.3', { replace: true });
    expect(result).toMatchObject({ added: 1, changed: 0, removed: 2 });
    expect((await rows()).map(({ prefix, list }) => `${prefix} ${list}`)).toEqual([
      '192.0.2.1/32 other',
      '192.0.2.2/32 test',
      '192.0.2.3/32 test',
    ]);
  });

  test.each(['', '# nothing\n', '<html>\n<h1>503</h1>\n'])('replace with %j changes nothing', async (text) => {
    await importText('192.0.2.0/24');
    await expect(importText(text, { replace: true })).rejects.toThrow('nothing was changed');
    expect(await rows()).toHaveLength(1);
  });

  test('a stream that breaks off changes nothing', async () => {
    const broken = Readable.from(
      (async function* () {
        yield Buffer.from('192.0.2.0/24\n'.repeat(10_000));
        throw new Error('connection reset');
      })(),
    );
    await expect(importList(database, broken, { list: 'test', fileName: 'x' })).rejects.toThrow('connection reset');
    expect(await rows()).toEqual([]);
  });

  test('gzip, a byte order mark, any chunks', async () => {
    const text = Buffer.from('\ufeff192.0.2.0/24 ; zürich\n192.0.2.1 ; später\n');
    for (const bytes of [text, gzipSync(text)]) {
      const single = Readable.from([...bytes].map((byte) => Buffer.from([byte])));
      await importList(database, single, { list: 'test', fileName: 'x', replace: true });
      expect(await rows()).toMatchObject([{ reason: 'zürich' }, { reason: 'später' }]);
    }
    await expect(importText(gzipSync(text).subarray(0, 30))).rejects.toThrow('unexpected end of file');
  });

  test('tens of thousands of rows', async () => {
    const address = (n: number): string => `10.${n >>> 16}.${(n >>> 8) & 255}.${n & 255}`;
    const lines = Array.from({ length: 30_000 }, (_, n) => `${address(n)},${n % 101}`);
    expect(await importText(lines.join('\n'))).toMatchObject({ format: 'csv', entries: 30_000, added: 30_000 });
    expect(await importText(lines.slice(5).join('\n'), { replace: true })).toMatchObject({ changed: 0, removed: 5 });
    expect(await listStatistics(database)).toMatchObject([
      { list: 'test', entries: 29_995, ipv4: 29_995, ipv6: 0, lowestScore: 0, highestScore: 100, expired: 0 },
    ]);
  });

  test('a new database is seeded with the bundled lists, once', async () => {
    const entries = await seedBundledLists(database);
    const statistics = await listStatistics(database);
    expect(statistics.map(({ list }) => list)).toEqual([
      'demo-blocklist',
      'demo-drop',
      'demo-partners',
      'demo-scores',
      'special-purpose',
    ]);
    expect(statistics.reduce((sum, list) => sum + list.entries, 0)).toBe(entries);
    await database.query('DELETE FROM reputation.entry');
    expect(await seedBundledLists(database)).toBe(0);

    // As a process leaves it that is ended in the middle.
    await database.query(`INSERT INTO reputation.entry (prefix, list, score) VALUES ('192.0.2.0/24', 'demo-drop', 0)`);
    await database.query(`DELETE FROM reputation.property WHERE name = 'bundled lists imported at'`);
    expect(await seedBundledLists(database)).toBe(entries);
  });
});
