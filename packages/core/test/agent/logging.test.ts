import { expect, test } from 'vitest';
import type { Logger } from '../../src/index.ts';
import { HELLO } from './support/raw-client.ts';
import { startAgent } from './support/test-agent.ts';

test('S2-09 any logger will do; what is called for each NOTIFY is nothing', async () => {
  const test = await startAgent(async () => undefined);
  const client = await test.open();
  const before = test.log.lines.length;
  client.notify(...Array.from({ length: 100 }, (_, i) => i));
  await client.acks(100);
  expect(test.log.lines.length).toBe(before);
  expect(test.log.lines).toEqual([
    {
      level: 'debug',
      message: 'connection open',
      facts: {
        peer: { transport: 'tcp', address: '127.0.0.1', port: expect.any(Number) },
        engineId: HELLO.engineId,
        maxFrameSize: 16380,
        capabilities: ['pipelining'],
      },
    },
  ]);
});

test('S2-09 a logger is called as its own method', async () => {
  class Counter implements Logger {
    count = 0;
    debug(): void {
      this.count++;
    }
    info(): void {
      this.count++;
    }
    warn(): void {
      this.count++;
    }
    error(): void {
      this.count++;
    }
  }
  const logger = new Counter();
  const test = await startAgent(() => Promise.reject(new Error('no')), { logger });
  const client = await test.open();
  client.notify(1);
  await client.ack();
  client.send(Buffer.alloc(20, 0xff));
  await client.disconnect();
  // Open, failed, closed.
  expect(logger.count).toBe(3);
});
