import { IpAddress } from '@spoa/core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Database, type DatabaseLocation, openDatabase } from '../../src/database/database.ts';
import { entriesFor } from '../../src/entries/entries.ts';
import { seedBundledLists } from '../../src/lists/seed.ts';
import { ReputationService } from '../../src/service/reputation-service.ts';
import { pglite, postgres } from '../support/databases.ts';

const ip = (text: string): IpAddress => IpAddress.parse(text) as IpAddress;

describe.each([pglite(), postgres()])('the reputation service on $name', (kind) => {
  let location: DatabaseLocation;
  let database: Database;
  const services: ReputationService[] = [];

  async function startService(on = database, pollMs = 60_000): Promise<ReputationService> {
    const service = new ReputationService(on, { defaultScore: 77, pollMs });
    services.push(service);
    await service.start();
    return service;
  }

  /** A change must show within a second. */
  const soon = (service: ReputationService, address: string) =>
    expect.poll(() => service.lookup(ip(address)), { timeout: 1000, interval: 5 });

  const insert = (values: string) =>
    database.query(`INSERT INTO reputation.entry (prefix, list, score, reason, expires_at) VALUES ${values}`);

  beforeAll(async () => {
    location = await kind.create();
    database = await openDatabase(location);
  });
  afterEach(async () => {
    for (const service of services.splice(0)) await service.close();
    await database.query('DELETE FROM reputation.entry');
  });
  afterAll(async () => {
    await database?.close();
    await kind.stop();
  });

  test('what is in the table answers once it has started; everything else has the default score', async () => {
    await insert(`('192.0.2.0/24', 'a', 10, 'spam', null), ('2001:db8::/32', 'b', 20, null, null)`);
    const service = await startService();
    expect(service.ready).toBe(true);
    expect(service.lookup(ip('192.0.2.9'))).toEqual({ score: 10, list: 'a', reason: 'spam' });
    expect(service.lookup(ip('2001:db8::1'))).toEqual({ score: 20, list: 'b', reason: undefined });
    expect(service.lookup(ip('198.51.100.1'))).toEqual({ score: 77, list: undefined, reason: undefined });
    expect(service.counts).toEqual({
      entries: 2,
      lists: new Map([
        ['a', 1],
        ['b', 1],
      ]),
    });
  });

  test('a row changed by anybody shows within a second', async () => {
    const service = await startService();
    await insert(`('192.0.2.0/24', 'a', 10, 'spam', null)`);
    await soon(service, '192.0.2.1').toMatchObject({ score: 10 });
    await database.query(`UPDATE reputation.entry SET score = 11, reason = null`);
    await soon(service, '192.0.2.1').toEqual({ score: 11, list: 'a', reason: undefined });
    await database.query(`UPDATE reputation.entry SET prefix = '198.51.100.0/24'`);
    await soon(service, '198.51.100.1').toMatchObject({ score: 11 });
    expect(service.lookup(ip('192.0.2.1')).list).toBeUndefined();
    await database.query('DELETE FROM reputation.entry');
    await soon(service, '198.51.100.1').toMatchObject({ score: 77 });
    await insert(`('192.0.2.0/24', 'a', 10, null, null)`);
    await soon(service, '192.0.2.1').toMatchObject({ score: 10 });
    await database.query('TRUNCATE reputation.entry');
    await soon(service, '192.0.2.1').toMatchObject({ score: 77 });
  });

  test('thousands of rows changed by one statement are loaded by list', async () => {
    await insert(`('192.0.2.0/24', 'other', 10, null, null)`);
    const service = await startService();
    await database.query(
      `INSERT INTO reputation.entry (prefix, list, score)
       SELECT set_masklen('10.0.0.0'::inet + 256 * n, 24)::cidr, 'bulk', n % 100 FROM generate_series(0, 9999) n`,
    );
    await expect.poll(() => service.counts.entries, { timeout: 5000 }).toBe(10_001);
    expect(service.lookup(ip('10.0.99.1'))).toMatchObject({ score: 99, list: 'bulk' });
    await database.query(`DELETE FROM reputation.entry WHERE list = 'bulk' AND score > 9`);
    await expect.poll(() => service.counts.entries, { timeout: 5000 }).toBe(1001);
    expect(service.lookup(ip('10.0.99.1')).list).toBeUndefined();
    expect(service.lookup(ip('10.0.109.1'))).toMatchObject({ score: 9 });
    expect(service.lookup(ip('192.0.2.1'))).toMatchObject({ score: 10 });
  });

  test('a row stops counting when it expires', async () => {
    await insert(`('192.0.2.0/24', 'a', 10, null, now() + interval '1 hour')`);
    const service = await startService();
    await insert(
      `('192.0.2.7', 'b', 0, null, now() + interval '0.8 seconds'), ('192.0.2.8', 'b', 0, null, now() - interval '1 second')`,
    );
    await soon(service, '192.0.2.7').toMatchObject({ list: 'b' });
    expect(service.lookup(ip('192.0.2.8'))).toMatchObject({ list: 'a' });
    await expect.poll(() => service.lookup(ip('192.0.2.7')), { timeout: 3000 }).toMatchObject({ list: 'a' });
  });

  test('a change whose notification got lost is found by asking', async () => {
    const service = await startService(database, 50);
    await database.query('ALTER TABLE reputation.entry DISABLE TRIGGER entry_note_insert');
    await insert(`('192.0.2.0/24', 'a', 10, null, null)`);
    await database.query('ALTER TABLE reputation.entry ENABLE TRIGGER entry_note_insert');
    await database.query(`INSERT INTO reputation.change (list, prefix) VALUES ('a', '192.0.2.0/24')`);
    await soon(service, '192.0.2.1').toMatchObject({ score: 10 });
  });

  test('when notes of changes may have been removed unread, everything is loaded again', async () => {
    const service = await startService();
    await database.transaction(async (query) => {
      await query('ALTER TABLE reputation.entry DISABLE TRIGGER entry_note_insert');
      await query(`INSERT INTO reputation.entry (prefix, list, score) VALUES ('192.0.2.0/24', 'a', 10)`);
      await query('ALTER TABLE reputation.entry ENABLE TRIGGER entry_note_insert');
      await query('UPDATE reputation.change_horizon SET xact = pg_current_xact_id()');
      await query('NOTIFY reputation_change');
    });
    await soon(service, '192.0.2.1').toMatchObject({ score: 10 });
  });

  test('whatever others do at the same time, the memory ends up like the table', async () => {
    const service = await startService();
    let state = 7;
    const random = (below: number): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    const some = (count: number, list: string) =>
      database.query(
        `INSERT INTO reputation.entry AS e (prefix, list, score)
         SELECT '10.0.0.0'::inet + ($1::int + n * 7) % 20000, $2, (n + $1::int) % 101 FROM generate_series(1, $3) n
         ON CONFLICT (prefix, list) DO UPDATE SET score = excluded.score WHERE e.score <> excluded.score`,
        [random(20_000), list, count],
      );
    const without = (condition: string) => database.query(`DELETE FROM reputation.entry WHERE ${condition}`);
    const client = async (): Promise<void> => {
      for (let i = 0; i < 12; i++) {
        const list = `list${random(3)}`;
        const what = random(6);
        if (what === 0) await some(6000, list);
        else if (what === 1) await without(`list = '${list}' AND score > ${random(100)}`);
        else if (what === 2) await without(`prefix = '10.0.0.0'::inet + ${random(20_000)}`);
        else await some(1 + random(20), list);
      }
    };
    await Promise.all([client(), client(), client()]);
    const rows = await database.query<{ address: string; score: number; lists: number }>(
      `SELECT host(prefix) AS address, min(score) AS score, count(*)::int AS lists FROM reputation.entry GROUP BY 1`,
    );
    const entries = rows.reduce((sum, { lists }) => sum + lists, 0);
    await expect.poll(() => service.counts.entries, { timeout: 10_000 }).toBe(entries);
    const wrong = () => rows.filter(({ address, score }) => service.lookup(ip(address)).score !== score);
    await expect.poll(wrong, { timeout: 10_000 }).toEqual([]);
  });

  test('the lookup command and the service agree', async () => {
    await database.query('TRUNCATE reputation.property');
    await seedBundledLists(database);
    const service = await startService();
    const addresses = ['127.0.0.1', '192.0.2.10', '192.0.2.100', '198.51.100.7', '203.0.113.77', '8.8.8.8', '::1'];
    addresses.push('2001:db8:bad::1', '2001:db8:cafe::1', '::ffff:192.0.2.10', 'fe80::1', '2606:4700::1');
    for (const address of addresses) {
      const [entry] = await entriesFor(database, ip(address));
      const { score, list, reason } = service.lookup(ip(address));
      expect({ address, score, list, reason }).toEqual({
        address,
        score: entry?.score ?? 77,
        list: entry?.list,
        reason: entry?.reason,
      });
    }
  });

  test('it goes on after its connection was cut, and has not missed what happened meanwhile', async () => {
    // The first to come holds an embedded database; the service is its client here, and the holder goes away.
    const holder = await openDatabase(location);
    const elsewhere = 'url' in location ? holder : await openDatabase(location);
    try {
      await insert(`('192.0.2.0/24', 'a', 10, null, null), ('198.51.100.0/24', 'a', 20, null, null)`);
      const service = await startService(elsewhere);
      await cutConnections();
      await database.query(`UPDATE reputation.entry SET score = 30 WHERE prefix = '192.0.2.0/24'`);
      await database.query(`DELETE FROM reputation.entry WHERE prefix = '198.51.100.0/24'`);
      await expect.poll(() => service.lookup(ip('192.0.2.1')), { timeout: 10_000 }).toMatchObject({ score: 30 });
      await soon(service, '198.51.100.1').toMatchObject({ score: 77 });
      await insert(`('203.0.113.0/24', 'a', 40, null, null)`);
      await expect.poll(() => service.lookup(ip('203.0.113.1')), { timeout: 10_000 }).toMatchObject({ score: 40 });
      expect(service.connected).toBe(true);
      await service.close();
    } finally {
      await elsewhere.close();
      if (elsewhere !== holder) await holder.close();
    }
  });

  async function cutConnections(): Promise<void> {
    if ('url' in location) {
      await database.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'ip-reputation agent'`,
      );
      return;
    }
    await database.close();
    database = await openDatabase(location);
  }
});

describe('the reputation service on PostgreSQL, where transactions run side by side', () => {
  const kind = postgres();
  afterAll(() => kind.stop());

  test('a transaction that commits after a later one is not missed', async () => {
    const database = await openDatabase(await kind.create());
    const service = new ReputationService(database, { pollMs: 60_000 });
    await service.start();
    const slow = await database.connect();
    await slow.query('BEGIN');
    await slow.query(`INSERT INTO reputation.entry (prefix, list, score) VALUES ('192.0.2.0/24', 'slow', 1)`);
    await database.query(`INSERT INTO reputation.entry (prefix, list, score) VALUES ('198.51.100.0/24', 'fast', 2)`);
    const score = (address: string) => () => service.lookup(ip(address)).score;
    await expect.poll(score('198.51.100.1'), { timeout: 1000 }).toBe(2);
    expect(score('192.0.2.1')()).toBe(100);
    await slow.query('COMMIT');
    await expect.poll(score('192.0.2.1'), { timeout: 1000 }).toBe(1);
    await slow.end();
    await service.close();
    await database.close();
  });
});
