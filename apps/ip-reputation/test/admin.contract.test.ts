import { once } from 'node:events';
import { createServer } from 'node:net';
import { IpAddress } from '@spoa/framework';
import { dispatch, request } from '@spoa/testing';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { startApplication } from '../src/application.ts';
import { openDatabase } from '../src/database/database.ts';
import { postgres } from './support/databases.ts';
import { runScript } from './support/processes.ts';
import { settingsFor } from './support/settings.ts';

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

describe('the admin server', () => {
  const kind = postgres();
  afterAll(() => kind.stop());

  test('is ready when the table is loaded and no longer when it ends, and counts look-ups', async () => {
    const location = await kind.create();
    const database = await openDatabase(location);
    onTestFinished(() => database.close());
    await database.query(`INSERT INTO reputation.entry (prefix, list, score) VALUES ('192.0.2.1', 'a', 1)`);
    const adminPort = await freePort();
    const status = async (path: string) => (await request(adminPort, { path })).status;

    // Nobody else can read the table before this connection lets go of it.
    const locker = await database.connect();
    await locker.query('BEGIN; LOCK TABLE reputation.entry IN ACCESS EXCLUSIVE MODE');
    const starting = startApplication(settingsFor(location, { adminPort }));
    await expect.poll(() => status('/livez').catch(() => 0)).toBe(200);
    expect(await status('/readyz')).toBe(503);
    await locker.end();
    const app = await starting;
    onTestFinished(() => app.close());
    expect(await status('/readyz')).toBe(200);

    for (const address of ['192.0.2.1', '192.0.2.2', '192.0.2.3']) {
      await dispatch(app, 'get-ip-reputation', { ip: IpAddress.parse(address) as IpAddress });
    }
    const { body } = await request(adminPort, { path: '/metrics' });
    const lines = body.split('\n');
    expect(lines).toEqual(
      expect.arrayContaining([
        'ip_reputation_entries 1',
        'ip_reputation_lists 1',
        'ip_reputation_database_connected 1',
        'ip_reputation_lookups_total{result="listed"} 1',
        'ip_reputation_lookups_total{result="unlisted"} 2',
        'spoa_messages_total{message="get-ip-reputation",outcome="ok"} 3',
      ]),
    );
    const age = Date.now() / 1000 - Number(/^ip_reputation_synchronized_timestamp_seconds (\S+)$/m.exec(body)?.[1]);
    expect(age).toBeGreaterThanOrEqual(0);
    expect(age).toBeLessThan(60);

    await app.close();
    await expect(request(adminPort, { path: '/livez' })).rejects.toThrow('ECONNREFUSED');
  });
});

test('without a port for it nothing of it is loaded', async () => {
  const { finished } = runScript(`
    import { createRequire } from 'node:module';
    const loaded = Object.keys(createRequire(import.meta.url).cache);
    console.log(typeof app.startApplication, loaded.some((file) => file.includes('prom-client')), loaded.some((file) => file.includes('/pg/')));
  `);
  expect(await finished).toMatchObject({ code: 0, stdout: 'function false true\n' });
});
