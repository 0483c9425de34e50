import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { type Message, type MessageList, type NotifyContext, uint32 } from '../../src/index.ts';
import { expectSpoaError } from '../wire/expect-spoa-error.ts';
import { message, notify, OLD_HELLO } from './support/raw-client.ts';
import { startAgent } from './support/test-agent.ts';
import { deferred, until } from './support/until.ts';

interface Kept {
  readonly request: NotifyContext;
  readonly messages: MessageList;
  readonly first: Message;
}

const KINDS = { sync: () => undefined, async: () => new Promise((resolve) => setImmediate(resolve)) };

describe.each(Object.entries(KINDS))('a NOTIFY after its ACK (%s handler)', (_, finish) => {
  async function keptAfterAck(later: number): Promise<Kept> {
    let kept: Kept | undefined;
    const test = await startAgent((request) => {
      if (kept === undefined) {
        const { messages } = request;
        kept = { request, messages, first: messages.at(0) as Message };
        expect(kept.first.get('secret')).toBe('mine');
      }
      return finish();
    });
    const client = await test.open();
    client.send(notify(1, [message('m', [['secret', 'mine']])]));
    await client.ack();
    for (let i = 0; i < later; i++) client.send(notify(i, [message('n', [['secret', `other ${i}`]])]));
    await client.acks(later);
    return kept as Kept;
  }

  describe.each([0, 100])('with %d frames behind it', (later) => {
    test('throws SPOA_NOTIFY_SETTLED at every use', async () => {
      const { request, messages, first } = await keptAfterAck(later);
      const uses: (() => unknown)[] = [
        () => request.setVar('session', 'x', 1),
        () => request.setVar('session', 'x', null),
        () => request.unsetVar('session', 'x'),
        () => request.messages,
        () => request.index,
        () => request.writer,
        () => request.signal,
        () => messages.length,
        () => messages.get('m'),
        () => messages.at(0),
        () => [...messages],
        () => first.name,
        () => first.length,
        () => first.get('secret'),
        () => first.view('secret'),
        () => first.has('secret'),
        () => first.at(0),
        () => [...first],
      ];
      for (const use of uses) expectSpoaError('SPOA_NOTIFY_SETTLED', use);
      expect(request.settled).toBe(true);
    });

    test('still knows who it was', async () => {
      const { request } = await keptAfterAck(later);
      const { streamId, frameId, engineId, peer } = request;
      expect({ streamId, frameId }).toEqual({ streamId: 1, frameId: 1 });
      expect(engineId).toBe('5d6a8c3e-1d1f-4a3b-9c55-0f9d2f1c7a10');
      expect(peer.address).toBe('127.0.0.1');
    });
  });
});

describe('what a handler holds', () => {
  test('reads right after every await, while thousands of other frames pass', async () => {
    const turns = 12;
    const gates = Array.from({ length: turns }, () => deferred());
    let slow = 0;
    const test = await startAgent(async (request) => {
      const { messages } = request;
      const of = messages.get('slow');
      if (of === undefined) {
        request.setVar('session', 'i', messages.get('quick')?.get('i'));
        if (request.streamId % 3 === 0) await Promise.resolve();
        return;
      }
      slow++;
      const id = of.get('id');
      for (const gate of gates) {
        await gate.promise;
        const wanted = [id, `text ${id} ${'x'.repeat(Number(id) * 7)}`, uint32(Number(id)).value];
        const found = [request.messages.get('slow')?.get('id'), of.get('text'), messages.at(1)?.get('n')];
        expect(found).toEqual(wanted);
        expect(of.view('text')?.toString()).toBe(wanted[1]);
        request.setVar('session', `turn_${request.messages.get('tail')?.get('n')}`, of.get('text'));
      }
    });
    const client = await test.open(OLD_HELLO);
    const other = await test.open(OLD_HELLO);
    for (let id = 0; id < 20; id++) {
      client.send(
        notify(1000 + id, [
          message('slow', [
            ['id', id],
            ['text', `text ${id} ${'x'.repeat(id * 7)}`],
          ]),
          message('tail', [['n', uint32(id)]]),
        ]),
      );
    }
    await until('the slow handlers to run', () => slow === 20);
    for (const gate of gates) {
      for (const each of [client, other]) {
        each.send(...Array.from({ length: 200 }, (_, i) => notify(i, [message('quick', [['i', i]])])));
        const acks = await each.acks(200);
        for (const { streamId, actions } of acks) expect(actions).toMatchObject([{ name: 'i', value: streamId }]);
      }
      gate.resolve();
    }
    const acks = await client.acks(20);
    for (const { streamId, actions } of acks) {
      const id = streamId - 1000;
      const expected = {
        type: 'set-var',
        scope: 'session',
        name: `turn_${id}`,
        value: `text ${id} ${'x'.repeat(id * 7)}`,
      };
      expect(actions).toEqual(gates.map(() => expected));
    }
    expect(test.log.loud).toEqual([]);
  });

  test.each([0, 1, 7, 200, 5000])('binary arguments of %d bytes stay as they were for ever', async (size) => {
    const kept: Buffer[] = [];
    const test = await startAgent((request) => {
      kept.push(request.messages.get('m')?.get('b') as Buffer);
      if (request.streamId % 2 === 0) return;
      return new Promise((resolve) => setImmediate(resolve));
    });
    const client = await test.open(OLD_HELLO);
    const sent = Array.from({ length: 50 }, (_, i) => bytesFrom(`${size}/${i}`, size));
    for (const [i, bytes] of sent.entries()) client.send(notify(i, [message('m', [['b', bytes]])]));
    await client.acks(50);
    client.send(...Array.from({ length: 500 }, (_, i) => notify(i, [message('m', [['b', Buffer.alloc(size, 0xee)]])])));
    await client.acks(500);
    expect(kept.slice(0, 50)).toEqual(sent);
  });
});

/** `size` bytes that depend on `seed`. */
function bytesFrom(seed: string, size: number): Buffer {
  return createHash('shake256', { outputLength: Math.max(1, size) })
    .update(seed)
    .digest()
    .subarray(0, size);
}
