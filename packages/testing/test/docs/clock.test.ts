import { Test } from '@spoa/testing';
import { expect, onTestFinished, test, vi } from 'vitest';
import { AppModule, BotController, Reputation } from './bot-check.ts';

test('nobody waits longer than 20 ms', async () => {
  await using app = await Test.createTestingModule(AppModule)
    .overrideProvider(Reputation)
    .useValue({ score: () => new Promise((resolve) => setTimeout(resolve, 1000, 7)) })
    .compile();
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());

  const answer = app.inject(BotController, { ip: '192.0.2.1', agent: 'Mozilla/5.0' });
  await vi.advanceTimersByTimeAsync(20);
  expect(await answer).toEqual({ transaction: { bot_score: 50, bot_error: 'deadline' } });

  await vi.advanceTimersByTimeAsync(1000);
  expect(app.lateResults.get('check-bot')).toBe(1);
});
