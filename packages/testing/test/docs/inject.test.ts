import { GuardDeniedError } from '@spoa/framework';
import { Test } from '@spoa/testing';
import { expect, test } from 'vitest';
import { AppModule, BotController, KnownAgents, Reputation } from './bot-check.ts';

test('the score comes from the reputation', async () => {
  await using app = await Test.createTestingModule(AppModule)
    .overrideProvider(Reputation)
    .useValue({ score: async () => 7 })
    .overrideGuard(KnownAgents)
    .useValue({ canActivate: () => true })
    .compile();
  const variables = await app.inject(BotController, { ip: '192.0.2.1', agent: 'curl' });
  expect(variables).toEqual({ transaction: { bot_score: 7 } });
});

test('strangers get the fallback', async () => {
  await using app = await Test.createTestingModule(AppModule).compile();
  expect(await app.inject('check-bot', { ip: '192.0.2.1', agent: 'curl' })).toMatchInlineSnapshot(`
    {
      "transaction": {
        "bot_error": "guard",
        "bot_score": 50,
      },
    }
  `);
  expect(app.failures).toEqual([{ message: 'check-bot', error: expect.any(GuardDeniedError) }]);
});
