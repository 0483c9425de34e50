import { type Duplex, duplexPair } from 'node:stream';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { encodeHaproxyHello, type Handler } from '../../src/index.ts';
import { message, notify, OLD_HELLO } from './support/raw-client.ts';
import { startAgent, TestAgent } from './support/test-agent.ts';
import { until } from './support/until.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Bytes in use when all that can go is gone. */
async function memory(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    collect();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

const answer: Handler = (request) => {
  request.setVar('session', 'score', Number(request.messages.get('m')?.get('n')));
};

const HANDLERS: Record<string, Handler> = {
  'a sync handler': answer,
  'an async handler': async (request) => {
    await Promise.resolve();
    return answer(request);
  },
  'an async handler that asks for its signal': async (request) => {
    void request.signal;
    await new Promise((resolve) => setImmediate(resolve));
    return answer(request);
  },
  'a handler that fails': () => {
    throw new Error('no');
  },
};

/** A NOTIFY and how many bytes its ACK has. */
const FRAME = notify(1, [message('m', [['n', 1]])]);

describe('100,000 frames over one connection leave nothing behind', () => {
  test.each(Object.entries(HANDLERS))('with %s', async (_, handler) => {
    const test = await startAgent(handler, { logger: silent });
    const { duplex } = await test.connect();
    duplex.removeAllListeners('data');
    let received = 0;
    duplex.on('data', (chunk: Buffer) => {
      received += chunk.length;
    });
    duplex.write(encodeHaproxyHello(OLD_HELLO));
    await until('AGENT-HELLO', () => received > 0);
    const size = await sizeOfAck(duplex, () => received);
    await ask(duplex, 20_000, size, () => received);
    const before = await memory();
    await ask(duplex, 100_000, size, () => received);
    const grown = (await memory()) - before;
    // Ten bytes a frame would be a million.
    expect(grown).toBeLessThan(1_000_000);
  });
});

test('2,000 connections leave nothing behind, however they end', async () => {
  const test = new TestAgent(answer);
  const talk = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) {
      const [agentSide, clientSide] = duplexPair();
      test.agent.handleConnection(agentSide);
      clientSide.resume();
      clientSide.write(Buffer.concat([encodeHaproxyHello(OLD_HELLO), FRAME, FRAME.subarray(0, i % 20)]));
      if (i % 2 === 0) clientSide.end();
      await new Promise((resolve) => setImmediate(resolve));
      if (i % 2 === 1) agentSide.destroy();
    }
    await until('the connections to be gone', () => test.agent.connections === 0);
    test.log.lines.length = 0;
  };
  await talk(500);
  const before = await memory();
  await talk(2000);
  const grown = (await memory()) - before;
  // Five hundred bytes a connection would be a million.
  expect(grown).toBeLessThan(1_000_000);
});

const silent = { debug() {}, info() {}, warn() {}, error() {} };

async function sizeOfAck(duplex: Duplex, received: () => number): Promise<number> {
  const before = received();
  duplex.write(FRAME);
  await until('an ACK', () => received() > before);
  return received() - before;
}

/** Sends `count` NOTIFYs, a few hundred at a time, and waits for their ACKs. */
async function ask(duplex: Duplex, count: number, size: number, received: () => number): Promise<void> {
  const batch = 500;
  const frames = Buffer.concat(Array.from({ length: batch }, () => FRAME));
  for (let sent = 0; sent < count; sent += batch) {
    const due = received() + batch * size;
    duplex.write(frames);
    while (received() < due) await new Promise((resolve) => setImmediate(resolve));
    expect(received()).toBe(due);
  }
}
