import { ConfigModule, ConfigService } from '@spoa/framework/config';
import { Test, type TestingApplication } from '@spoa/testing';
import { beforeAll, expect, test } from 'vitest';
import { AppModule } from '../src/app.module.ts';
import { BlockList } from '../src/block-list.service.ts';
import { Database } from '../src/database/database.ts';
import { MessageNameController } from '../src/message-name.controller.ts';

/** The application as it is, with a database that nobody else has. */
const config = new ConfigService({ dataFolder: 'memory://' });
const module = () => Test.createTestingModule({ imports: [ConfigModule.forRoot({ useValue: config }), AppModule] });

let app: TestingApplication;
// Once, for a PostgreSQL takes a second to start.
beforeAll(async () => {
  app = await module().compile();
  return () => app.close();
});

test('what is in the table is blocked, and nothing else', async () => {
  await app.get(BlockList).add('2001:db8::/32', 'an example');
  expect(await app.inject(MessageNameController, { ip: '2001:db8::1' })).toEqual({ transaction: { blocked: true } });
  expect(await app.inject(MessageNameController, { ip: '192.0.2.1' })).toEqual({ transaction: { blocked: false } });
});

test('trouble of our own keeps nobody out', async () => {
  const query = (): Promise<never> => Promise.reject(new Error('the database is gone'));
  await using broken = await module().overrideProvider(Database).useValue({ query }).compile();
  expect(await broken.inject(MessageNameController, { ip: '127.0.0.66' })).toEqual({ transaction: { blocked: false } });
  expect(broken.failures).toHaveLength(1);
});
