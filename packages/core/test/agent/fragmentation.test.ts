import { describe, expect, test } from 'vitest';
import {
  encodeMessages,
  encodeNotify,
  encodeNotifyAbort,
  FrameFlag,
  FrameType,
  type NotifyContext,
  type WritableMessage,
} from '../../src/index.ts';
import { message, notify, OLD_HELLO, RawClient, rawFrame } from './support/raw-client.ts';
import { startAgent, type TestAgent } from './support/test-agent.ts';

const TEXT = 'a text that is cut anywhere, even inside of it: äöü€𝄞';
const MESSAGES: readonly WritableMessage[] = [
  message('first', [
    ['text', TEXT],
    ['n', 2 ** 53 - 1],
  ]),
  message('second', [['', Buffer.alloc(300, 7)]]),
];

/** Answers with what it was sent. */
function tell(request: NotifyContext): unknown {
  const answer = (): void => {
    request.setVar('session', 'text', request.messages.get('first')?.get('text'));
    request.setVar('session', 'n', request.messages.get('first')?.get('n'));
    const bytes = request.messages.get('second')?.at(0)?.value;
    request.setVar('session', 'bytes', bytes instanceof Buffer ? bytes.length : null);
  };
  return request.streamId % 2 === 0 ? answer() : Promise.resolve().then(answer);
}

const TOLD = [
  { name: 'text', value: TEXT },
  { name: 'n', value: 2 ** 53 - 1 },
  { name: 'bytes', value: 300 },
];

async function open(options: Parameters<typeof startAgent>[1] = {}): Promise<{ test: TestAgent; client: RawClient }> {
  const test = await startAgent(tell, options);
  return { test, client: await test.open(OLD_HELLO) };
}

/** One fragment. */
const fragment = (type: number, part: Uint8Array, flags: number, streamId = 1, frameId = 1): Buffer =>
  rawFrame(type, part, { flags, streamId, frameId });
const begin = (part: Uint8Array, streamId = 1): Buffer => fragment(FrameType.NOTIFY, part, 0, streamId);
const more = (part: Uint8Array, streamId = 1): Buffer => fragment(FrameType.UNSET, part, 0, streamId);
const last = (part: Uint8Array, streamId = 1): Buffer => fragment(FrameType.UNSET, part, FrameFlag.FIN, streamId);

describe('a NOTIFY in fragments', () => {
  test.each([
    ['one byte each', 1],
    ['three bytes each', 3],
    ['a hundred bytes each', 100],
  ])('of %s is put together', async (_, size) => {
    const { client, test } = await open();
    for (const streamId of [1, 2]) client.send(...encodeNotify({ streamId, frameId: 1 }, MESSAGES, 7 + size));
    const acks = (await client.acks(2)).toSorted((a, b) => a.streamId - b.streamId);
    expect(acks.map(({ streamId }) => streamId)).toEqual([1, 2]);
    for (const { actions, flags } of acks) {
      expect(actions).toMatchObject(TOLD);
      expect(flags).toBe(FrameFlag.FIN);
    }
    expect(test.log.loud).toEqual([]);
  });

  test('that come byte by byte themselves', async () => {
    const { client } = await open();
    for (const byte of Buffer.concat(encodeNotify({ streamId: 1, frameId: 1 }, MESSAGES, 50))) {
      await client.flush(Buffer.from([byte]));
    }
    expect((await client.ack()).actions).toMatchObject(TOLD);
  });

  test('may have empty ones', async () => {
    const { client } = await open();
    const payload = encodeMessages(MESSAGES);
    const nothing = Buffer.alloc(0);
    client.send(begin(nothing), more(nothing), more(payload.subarray(0, 5)), more(payload.subarray(5)), last(nothing));
    expect((await client.ack()).actions).toMatchObject(TOLD);
  });

  test('that make no sound payload fail alone', async () => {
    const { client, test } = await open();
    const payload = encodeMessages(MESSAGES);
    client.send(begin(payload.subarray(0, 5)), last(payload.subarray(5, 20)), notify(3, MESSAGES));
    const acks = (await client.acks(2)).toSorted((a, b) => a.streamId - b.streamId);
    expect(acks[0]?.actions).toEqual([]);
    expect(acks[1]?.actions).toMatchObject(TOLD);
    expect(test.log.loud).toMatchObject([{ level: 'warn', facts: { streamId: 1 } }]);
  });

  test('others may be in flight while they come', async () => {
    const { client } = await open();
    const fragments = encodeNotify({ streamId: 5, frameId: 1 }, MESSAGES, 100);
    client.send(notify(1, MESSAGES), notify(3, MESSAGES), ...fragments, notify(7, MESSAGES));
    const acks = await client.acks(4);
    for (const { actions } of acks) expect(actions).toMatchObject(TOLD);
  });
});

describe('HAProxy gives a NOTIFY up', () => {
  test('it is forgotten, gets no ACK, and the connection lives on', async () => {
    const { client, test } = await open();
    const fragments = encodeNotify({ streamId: 1, frameId: 1 }, MESSAGES, 100);
    client.send(...fragments.slice(0, -1), encodeNotifyAbort({ streamId: 1, frameId: 1 }), notify(3, MESSAGES));
    expect(await client.ack()).toMatchObject({ streamId: 3, actions: TOLD });
    // The same ids come again.
    client.send(...fragments);
    expect(await client.ack()).toMatchObject({ streamId: 1, actions: TOLD });
    await client.bye();
    expect(test.log.loud).toEqual([]);
  });

  test('one that never began: nothing happens', async () => {
    const { client, test } = await open();
    client.send(encodeNotifyAbort({ streamId: 9, frameId: 1 }), notify(2, MESSAGES));
    expect(await client.ack()).toMatchObject({ streamId: 2, actions: TOLD });
    expect(test.log.loud).toEqual([]);
  });

  test('another than the one that is open: that one goes on', async () => {
    const { client } = await open();
    const [first, ...others] = encodeNotify({ streamId: 2, frameId: 1 }, MESSAGES, 100);
    client.send(first as Buffer, encodeNotifyAbort({ streamId: 9, frameId: 1 }), ...others);
    expect(await client.ack()).toMatchObject({ streamId: 2, actions: TOLD });
  });
});

describe('fragments that break the rules (status 11: interlaced, 12: unknown, 10: not agreed on)', () => {
  const half = encodeMessages(MESSAGES).subarray(0, 100);

  test.each([
    ['a whole NOTIFY inside', [begin(half), notify(3, MESSAGES)], 11, 'SPOA_FRAGMENTS_INTERLACED'],
    ['another one begins inside', [begin(half), begin(half, 3)], 11, 'SPOA_FRAGMENTS_INTERLACED'],
    ['the same one begins inside', [begin(half), begin(half)], 11, 'SPOA_FRAGMENTS_INTERLACED'],
    ['of a NOTIFY that never began', [more(half)], 12, 'SPOA_FRAGMENT_UNKNOWN'],
    ['the end of a NOTIFY that never began', [last(half)], 12, 'SPOA_FRAGMENT_UNKNOWN'],
    ['of another NOTIFY', [begin(half), more(half, 3)], 12, 'SPOA_FRAGMENT_UNKNOWN'],
    ['of a NOTIFY that is whole', [notify(2, MESSAGES), last(half, 2)], 12, 'SPOA_FRAGMENT_UNKNOWN'],
  ] as [string, Buffer[], number, string][])('%s', async (_, frames, status, code) => {
    const { client, test } = await open();
    const answered = frames.length > 1 && status === 12 && frames[0]?.[4] === FrameType.NOTIFY && frames[0][8] === 1;
    client.send(...frames);
    if (answered) await client.ack();
    expect((await client.disconnect()).statusCode).toBe(status);
    expect(test.log.loud).toMatchObject([{ level: 'warn', facts: { code, status } }]);
  });

  test.each([
    ['the first', [begin(half)]],
    ['a further one', [more(half)]],
    ['an abortion', [encodeNotifyAbort({ streamId: 1, frameId: 1 })]],
  ])('%s where fragmentation was not agreed on: status 10', async (_, frames) => {
    const test = await startAgent(tell);
    const client = await test.open();
    client.send(...frames);
    expect((await client.disconnect()).statusCode).toBe(10);
    expect(test.log.loud).toMatchObject([{ facts: { code: 'SPOA_FRAGMENTATION_UNSUPPORTED', status: 10 } }]);
  });
});

describe('a NOTIFY larger than maxNotifySize', () => {
  const maxNotifySize = 1000;
  const REFUSED = { flags: FrameFlag.FIN | FrameFlag.ABORT, actions: [] };
  const text = (length: number): WritableMessage[] => [message('first', [['text', 'x'.repeat(length)]])];
  const overhead = encodeMessages(text(maxNotifySize)).length - maxNotifySize;
  const exact = text(maxNotifySize - overhead);
  const over = text(maxNotifySize - overhead + 1);
  const parts = (streamId: number, messages: WritableMessage[], size = 100): Buffer[] =>
    encodeNotify({ streamId, frameId: 1 }, messages, size);

  test('by one byte is refused with FIN and ABORT; one that just fits is not', async () => {
    const { client, test } = await open({ maxNotifySize });
    client.send(...parts(2, exact), ...parts(4, over), ...parts(6, exact));
    const acks = await client.acks(3);
    expect(acks[0]?.actions).toHaveLength(2);
    expect(acks[1]).toMatchObject({ streamId: 4, frameId: 1, ...REFUSED });
    expect(acks[2]?.actions).toHaveLength(2);
    expect(test.log.loud).toMatchObject([{ level: 'warn', facts: { streamId: 4, maxSize: maxNotifySize } }]);
    await client.bye();
  });

  test('is refused once, and what still comes of it is dropped', async () => {
    const { client, test } = await open({ maxNotifySize });
    client.send(...parts(4, text(20_000)), notify(6, MESSAGES));
    expect(await client.ack()).toMatchObject({ streamId: 4, ...REFUSED });
    expect(await client.ack()).toMatchObject({ streamId: 6, actions: TOLD });
    expect(test.log.loud).toHaveLength(1);
    await client.bye();
  });

  test('may be given up by HAProxy after that', async () => {
    const { client, test } = await open({ maxNotifySize });
    client.send(...parts(4, over).slice(0, -1), more(Buffer.alloc(900), 4));
    expect(await client.ack()).toMatchObject({ streamId: 4, ...REFUSED });
    client.send(encodeNotifyAbort({ streamId: 4, frameId: 1 }), ...parts(4, MESSAGES as WritableMessage[]));
    expect(await client.ack()).toMatchObject({ streamId: 4, actions: TOLD });
    expect(test.log.loud).toHaveLength(1);
  });

  test('HAProxy stops sending it: the same ids may come again', async () => {
    const { client } = await open({ maxNotifySize });
    client.send(...parts(4, over).slice(0, -1), more(Buffer.alloc(900), 4));
    expect(await client.ack()).toMatchObject({ streamId: 4, ...REFUSED });
    client.send(...parts(4, MESSAGES as WritableMessage[]));
    expect(await client.ack()).toMatchObject({ streamId: 4, actions: TOLD });
  });

  test('in its first fragment already', async () => {
    const { client } = await open({ maxNotifySize });
    client.send(begin(Buffer.alloc(maxNotifySize + 1), 4), last(Buffer.alloc(10), 4), ...parts(6, exact));
    expect(await client.ack()).toMatchObject({ streamId: 4, ...REFUSED });
    expect((await client.ack()).actions).toHaveLength(2);
  });

  test('takes no more memory than the limit', async () => {
    const { client } = await open({ maxNotifySize: 100_000 });
    const part = Buffer.alloc(16_000);
    client.send(begin(part, 4));
    for (let i = 0; i < 2000; i++) client.send(more(part, 4));
    client.send(last(part, 4), notify(6, MESSAGES));
    expect(await client.ack()).toMatchObject({ streamId: 4, ...REFUSED });
    expect(await client.ack()).toMatchObject({ streamId: 6, actions: TOLD });
  });
});
