import { IpAddress, type SpoaApplication } from '@spoa/framework';
import { dispatch, HAPROXY_VERSIONS, request } from '@spoa/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startApplication } from '../src/application.ts';
import { type Database, openDatabase } from '../src/database/database.ts';
import { pglite, postgres } from './support/databases.ts';
import { startFront } from './support/front.ts';
import { settingsFor } from './support/settings.ts';

describe.each([pglite(), postgres()])('S2-26 the agent on $name', (kind) => {
  let app: SpoaApplication;
  let database: Database;

  beforeAll(async () => {
    const location = await kind.create();
    app = await startApplication(settingsFor(location, { defaultScore: 77, seed: true }));
    database = await openDatabase(location);
  });
  afterAll(async () => {
    await database?.close();
    await app?.close({ timeoutMs: 200 });
    await kind.stop();
  });

  const ask = (address: string) => dispatch(app, 'get-ip-reputation', { ip: IpAddress.parse(address) as IpAddress });

  test('answers with the score, the list and the reason', async () => {
    expect(await ask('192.0.2.20')).toEqual({
      session: { ip_score: 40 },
      transaction: { ip_list: 'demo-scores', ip_reason: 'open proxy' },
    });
    expect(await ask('93.184.215.14')).toEqual({
      session: { ip_score: 77 },
      transaction: { ip_list: null, ip_reason: null },
    });
  });

  test('a client without an address gets no variables, and keeps none of the one before it', async () => {
    expect(await dispatch(app, 'get-ip-reputation', { ip: null })).toEqual({
      session: { ip_score: null },
      transaction: { ip_list: null, ip_reason: null },
    });
  });

  test.each(HAPROXY_VERSIONS)(
    'a row that anybody changes shows in the answer of HAProxy %s within a second',
    async (version) => {
      await using haproxy = await startFront(version, app.addresses[0]);
      const score = async (): Promise<string | undefined> => {
        const { body } = await request(haproxy, { headers: { 'x-forwarded-for': '198.18.7.7' } });
        return /^ip_score (\d+)$/m.exec(body)?.[1];
      };
      const prefix = `'198.18.7.7', 'test ${version}'`;
      await database.query(`INSERT INTO reputation.entry (prefix, list, score) VALUES (${prefix}, 61)`);
      await expect.poll(score, { timeout: 1000, interval: 5 }).toBe('61');
      await database.query('UPDATE reputation.entry SET score = 62 WHERE list = $1', [`test ${version}`]);
      await expect.poll(score, { timeout: 1000, interval: 5 }).toBe('62');
      await database.query('DELETE FROM reputation.entry WHERE list = $1', [`test ${version}`]);
      await expect.poll(score, { timeout: 1000, interval: 5 }).not.toBe('62');
    },
  );
});
