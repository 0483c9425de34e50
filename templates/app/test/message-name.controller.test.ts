import { Test } from '@spoa/testing';
import { expect, test } from 'vitest';
import { AppModule } from '../src/app.module.ts';
import { BlockList } from '../src/block-list.service.ts';
import { MessageNameController } from '../src/message-name.controller.ts';

test('what is in the list is blocked, and nothing else', async () => {
  await using app = await Test.createTestingModule(AppModule).compile();
  app.get(BlockList).add('2001:db8::', 32);
  expect(await app.inject(MessageNameController, { ip: '2001:db8::1' })).toEqual({ transaction: { blocked: true } });
  expect(await app.inject(MessageNameController, { ip: '192.0.2.1' })).toEqual({ transaction: { blocked: false } });
});

test('trouble of our own keeps nobody out', async () => {
  const has = (): boolean => {
    throw new Error('broken');
  };
  await using app = await Test.createTestingModule(AppModule).overrideProvider(BlockList).useValue({ has }).compile();
  expect(await app.inject(MessageNameController, { ip: '127.0.0.66' })).toEqual({ transaction: { blocked: false } });
  expect(app.failures).toHaveLength(1);
});
