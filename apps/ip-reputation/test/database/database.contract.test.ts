import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Database, type DatabaseLocation, openDatabase } from '../../src/database/database.ts';
import { pglite, postgres } from '../support/databases.ts';

describe.each([pglite(), postgres()])('a database: $name', (kind) => {
  let location: DatabaseLocation;
  let database: Database;

  beforeAll(async () => {
    location = await kind.create();
    database = await openDatabase(location);
    await database.query(`INSERT INTO reputation.entry (prefix, list, score) VALUES ('192.0.2.0/24', 'x', 1)`);
  });
  afterAll(async () => {
    await database?.close();
    await kind.stop();
  });

  test('opened again, by several at the same moment, it has its rows and its schema once', async () => {
    await database.close();
    const opened = await Promise.all([openDatabase(location), openDatabase(location)]);
    for (const one of opened) {
      expect(await one.query('SELECT prefix::text, score FROM reputation.entry')).toEqual([
        { prefix: '192.0.2.0/24', score: 1 },
      ]);
      expect(await one.query('SELECT name FROM reputation.migration ORDER BY name')).toEqual([
        { name: '0001-entries' },
        { name: '0002-changes' },
      ]);
      await one.close();
    }
    database = await openDatabase(location);
  });

  test('a schema of a newer version is left alone', async () => {
    await database.query(`INSERT INTO reputation.migration (name) VALUES ('9999-later')`);
    await expect(openDatabase(location)).rejects.toThrow('newer version');
    await database.query(`DELETE FROM reputation.migration WHERE name = '9999-later'`);
  });

  test('a failed transaction leaves nothing behind', async () => {
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
    const inserting = database.query(`INSERT INTO reputation.entry (prefix, list, score, reason) VALUES (${values})`);
    await expect(inserting).rejects.toThrow(message);
  });

  test('transactions of two connections do not mix', async () => {
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
