import { IpAddress } from '@spoa/core';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type Class, Module, SpoaApplication, type SpoaApplicationOptions } from '../../src/index.ts';
import { connect, message } from '../support/test-application.ts';
import { BlockList } from './lifecycle-hooks.ts';
import { main } from './lifecycle-main.ts';
import { AppModule } from './modules-application.ts';
import { Database, DatabaseModule } from './modules-database.ts';
import { BeginController, Transaction } from './modules-scopes.ts';
import { applicationWithScore } from './modules-test.ts';

@Module()
class QuietModule {}

/** Has an application closed when the test is over. */
function closing(app: SpoaApplication): SpoaApplication {
  onTestFinished(() => app.close({ timeoutMs: 0, quietMs: 0 }));
  return app;
}

const create = async (what: Class | SpoaApplicationOptions) =>
  closing(
    await (typeof what === 'function' ? SpoaApplication.create(what, { logger: false }) : SpoaApplication.create(what)),
  );

const asks = message('get-ip-reputation', ['ip', IpAddress.v4(1)]);

describe('docs/modules.md', () => {
  test('the application', async () => {
    const app = await create(AppModule);
    expect(app.get(Database).options).toEqual({ url: process.env.DATABASE_URL ?? 'pglite:data' });
    const { engine } = await connect(app);
    expect((await engine.notify([asks])).get('session', 'ip_score')).toBeGreaterThan(0);
  });

  test('the scopes', async () => {
    const app = await create({
      imports: [DatabaseModule.forRoot({ url: 'none' })],
      controllers: [BeginController],
      providers: [Transaction],
      logger: false,
    });
    const { engine } = await connect(app);
    expect((await engine.notify([message('begin')], { streamId: 9 })).get('transaction', 'stream')).toBe(9);
  });

  test('the test', async () => {
    const { engine } = await connect(closing(await applicationWithScore(42)));
    expect((await engine.notify([asks])).get('session', 'ip_score')).toBe(42);
  });
});

describe('docs/lifecycle.md', () => {
  test('the hooks', async () => {
    const app = await create({ controllers: [], providers: [BlockList], logger: false });
    expect(app.get(BlockList).has('192.0.2.1')).toBe(false);
    await app.init();
    expect(app.get(BlockList).has('192.0.2.1')).toBe(true);
    await app.close({ signal: 'SIGTERM' });
    expect(app.get(BlockList).has('192.0.2.1')).toBe(false);
  });

  test('the start', async () => {
    const before = process.listenerCount('SIGTERM');
    const app = closing(await main(QuietModule, 0));
    expect(app.addresses).toHaveLength(1);
    expect(process.listenerCount('SIGTERM')).toBe(before + 1);
  });
});
