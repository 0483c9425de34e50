import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Database, type DatabaseLocation, openDatabase } from '../../src/database/database.ts';
import { pglite, postgres } from '../support/databases.ts';

describe.each([pglite(), postgres()])('a database: $name', (kind) => {
  const open: Database[] = [];
  let location: DatabaseLocation;

  async function openIt(): Promise<Database> {
    const database = await openDatabase(location);
    open.push(database);
    return database;
  }

  beforeAll(async () => {
    location = await kind.create();
  });
  afterEach(async () => {
    for (const database of open.splice(0).reverse()) await database.close();
  });
  afterAll(() => kind.stop());

  test('the schema is made once, by whoever comes first', async () => {
    const [a, b] = await Promise.all([openIt(), openIt()]);
    const [first] = await a.query<{ migrations: number }>(
      'SELECT count(*)::int AS migrations FROM reputation.migration',
    );
    await (await openIt()).query(`INSERT INTO reputation.entry (prefix, list, score) VALUES ('192.0.2.0/24', 'x', 1)`);
    expect(await b.query('SELECT count(*)::int AS migrations FROM reputation.migration')).toEqual([first]);
    expect(await b.query('SELECT prefix::text, score FROM reputation.entry')).toEqual([
      { prefix: '192.0.2.0/24', score: 1 },
    ]);
  });

  test('it keeps its rows', async () => {
    const database = await openIt();
    expect(await database.query('SELECT list FROM reputation.entry')).toEqual([{ list: 'x' }]);
  });

  test('a failed transaction leaves nothing behind', async () => {
    const database = await openIt();
    const failing = database.transaction(async (query) => {
      await query('DELETE FROM reputation.entry');
      await query('SELECT 1/0');
    });
    await expect(failing).rejects.toThrow('division by zero');
    expect(await database.query('SELECT count(*)::int AS n FROM reputation.entry')).toEqual([{ n: 1 }]);
  });

  test.each([
    [`'192.0.2.1/24', 'a', 1, null`, 'invalid cidr value'],
    [`'::ffff:192.0.2.0/120', 'a', 1, null`, 'ipv4_mapped_is_written_as_ipv4'],
    [`'192.0.2.1', 'a', 101, null`, 'score_is_0_to_100'],
    [`'192.0.2.1', '', 1, null`, 'list_is_a_short_name'],
    [`'192.0.2.1', 'a', 1, E'two\\nlines'`, 'reason_is_a_line'],
  ])('a row (%s) is refused: %s', async (values, message) => {
    const database = await openIt();
    const inserting = database.query(`INSERT INTO reputation.entry (prefix, list, score, reason) VALUES (${values})`);
    await expect(inserting).rejects.toThrow(message);
  });

  test('transactions of two connections do not mix', async () => {
    const database = await openIt();
    const order: string[] = [];
    const first = database.transaction(async (query) => {
      await query(`UPDATE reputation.entry SET score = 2 WHERE list = 'x'`);
      order.push('first wrote');
      // The second one is asked for while this one is open.
      second = database.transaction(async (inner) => {
        await inner(`UPDATE reputation.entry SET score = score + 10 WHERE list = 'x'`);
        order.push('second wrote');
      });
      await query('SELECT pg_sleep(0.05)');
      order.push('first ends');
    });
    let second: Promise<void> | undefined;
    await first;
    await second;
    expect(order).toEqual(['first wrote', 'first ends', 'second wrote']);
    expect(await database.query('SELECT score FROM reputation.entry')).toEqual([{ score: 12 }]);
  });

  test('LISTEN on one connection hears of changes made on another, through triggers', async () => {
    const database = await openIt();
    const [listener, deaf] = await Promise.all([database.connect(), database.connect()]);
    const heard: string[] = [];
    listener.on('notification', ({ channel }) => heard.push(channel));
    deaf.on('notification', ({ channel }) => heard.push(`deaf: ${channel}`));
    await listener.query('LISTEN reputation_change');
    await database.transaction(async (query) => {
      await query(`UPDATE reputation.entry SET score = 3 WHERE list = 'x'`);
      await query(`INSERT INTO reputation.entry (prefix, list, score) VALUES ('192.0.2.7', 'x', 1)`);
      await query(`DELETE FROM reputation.entry WHERE prefix = '192.0.2.7'`);
      // Nothing changes, nothing is said.
      await query(`DELETE FROM reputation.entry WHERE list = 'nobody'`);
    });
    await expect.poll(() => heard, { timeout: 1000 }).toEqual(['reputation_change']);
    // The session of an embedded database is shared: one client's UNLISTEN must not silence the others.
    await deaf.query('UNLISTEN *');
    await deaf.end();
    await database.query('TRUNCATE reputation.entry');
    await expect.poll(() => heard, { timeout: 1000 }).toEqual(['reputation_change', 'reputation_change']);
    await listener.end();
  });
});
