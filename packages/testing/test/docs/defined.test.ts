import { defineMessage } from '@spoa/framework';
import { Test } from '@spoa/testing';
import { expect, test } from 'vitest';

const rate = defineMessage({
  name: 'rate',
  args: { path: 'string', burst: { type: 'number', default: 10 } },
  vars: { limit: { scope: 'transaction', type: 'number' } },
  handle: ({ path, burst }) => ({ limit: path.startsWith('/api') ? burst : 100 }),
});

test('the API has a limit of its own', async () => {
  await using app = await Test.createTestingModule({ controllers: [rate] }).compile();
  const { transaction } = await app.inject(rate, { path: '/api/users' });
  expect(transaction?.limit).toBe(10);
});
