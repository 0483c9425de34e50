import { createHaproxy, HAPROXY_VERSIONS, Test } from '@spoa/testing';
import { expect, test } from 'vitest';
import { AppModule, Reputation } from './bot-check.ts';

test.each(HAPROXY_VERSIONS)('HAProxy %s turns bots away', async (version) => {
  await using application = await Test.createTestingModule(AppModule)
    .overrideProvider(Reputation)
    .useValue({ score: async (ip) => (String(ip) === '127.0.0.9' ? 90 : 10) })
    .compile();
  await using haproxy = await createHaproxy({
    version,
    application,
    engine: 'bot',
    frontend: 'http-request deny if { var(txn.bot.bot_score) -m int gt 80 }',
  });

  const headers = { 'user-agent': 'Mozilla/5.0' };
  const reader = await haproxy.get('/', { headers });
  expect(reader.status).toBe(200);
  expect(reader.variables).toEqual({ transaction: { bot_score: '10' } });

  const bot = await haproxy.get('/', { headers, localAddress: '127.0.0.9' });
  expect(bot.status).toBe(403);
});
