import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Argument,
  DATA_TYPE_NAMES,
  decodeFrame,
  decodeMessages,
  encodeMessages,
  encodeNotify,
  encodeNotifyAbort,
  encodeTypedData,
  FrameFlag,
  FrameType,
  ipv4,
  type Message,
  MessageIndex,
  MessageList,
  Reader,
} from '../../src/index.ts';
import { asWritableMessages, ids, writtenMessages } from './arbitraries.ts';
import { expectSpoaError } from './expect-spoa-error.ts';
import { usedMemory } from './used-memory.ts';

const id = { streamId: 1, frameId: 1 };

describe('messages', () => {
  const list = decodeMessages(
    encodeMessages([
      {
        name: 'first',
        args: [
          ['a', 1],
          ['', 'unnamed'],
          ['a', 2],
          ['null', null],
        ],
      },
      { name: 'second', args: [] },
      { name: 'first', args: [['b', true]] },
    ]),
  );

  test('by name (the first of equal ones), by number, counted, one after the other', () => {
    expect(list.length).toBe(3);
    expect(list.get('first')?.length).toBe(4);
    expect(list.get('second')?.length).toBe(0);
    expect(list.get('third')).toBeUndefined();
    expect(list.at(2)?.name).toBe('first');
    expect([...list].map(({ name }) => name)).toEqual(['first', 'second', 'first']);
  });

  test('arguments: by name (the first of equal ones), by number, in order, with and without a name', () => {
    const message = list.at(0);
    expect(message?.get('a')).toBe(1);
    expect(message?.get('')).toBe('unnamed');
    expect(message?.at(2)).toEqual({ name: 'a', type: 'INT32', value: 2 });
    expect([...(message ?? [])].map(({ name, value }) => [name, value])).toEqual([
      ['a', 1],
      ['', 'unnamed'],
      ['a', 2],
      ['null', null],
    ]);
  });

  test('null is a value that was sent, undefined is none', () => {
    const message = list.at(0);
    expect([message?.get('null'), message?.has('null')]).toEqual([null, true]);
    expect([message?.get('b'), message?.has('b')]).toEqual([undefined, false]);
    expect(list.at(2)?.get('b')).toBe(true);
  });

  test.each([-1, 3, 4, 0.5, 1.5, Number.NaN, Number.POSITIVE_INFINITY])(
    'there is no message and no argument %s',
    (position) => {
      expect(list.at(position)).toBeUndefined();
      expect(list.at(2)?.at(position)).toBeUndefined();
    },
  );

  test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])('%s is a name like any other', (name) => {
    expect(list.get(name)).toBeUndefined();
    expect(list.at(0)?.get(name)).toBeUndefined();
    const named = decodeMessages(encodeMessages([{ name, args: [[name, 1]] }]));
    expect(named.get(name)?.get(name)).toBe(1);
  });

  test('names that are not UTF-8 or not ASCII are found as what they are', () => {
    const named = decodeMessages(encodeMessages([{ name: 'zürich', args: [['größe', 1]] }]));
    expect(named.get('zürich')?.get('größe')).toBe(1);
    expect(decodeMessages(Buffer.of(2, 0x61, 0xff, 0)).at(0)?.name).toBe('a\ufffd');
  });

  test('looking up names that a stranger chose keeps none of them, and is no slower for each', () => {
    const before = usedMemory();
    for (let i = 0; i < 4000; i++) list.get(String(i).padStart(20_000, 'x'));
    expect(usedMemory() - before).toBeLessThan(8_000_000);
  });

  test('a message of an index that was used again says so, instead of telling what is another’s', () => {
    const index = new MessageIndex();
    index.parse(new Reader(encodeMessages([{ name: 'm', args: [['a', 'mine']] }])));
    const kept = new MessageList(index);
    const message = kept.at(0);
    index.parse(new Reader(encodeMessages([{ name: 'm', args: [['a', 'another’s']] }])));
    for (const use of [
      () => kept.length,
      () => kept.at(0),
      () => kept.get('m'),
      () => [...kept],
      () => message?.name,
      () => message?.length,
      () => message?.get('a'),
      () => message?.view('a'),
      () => message?.has('a'),
      () => message?.at(0),
      () => [...(message ?? [])],
    ]) {
      expectSpoaError('SPOA_NOTIFY_SETTLED', use);
    }
  });
});

describe('a view', () => {
  const [binary, text] = [Buffer.from('bytes \xff', 'latin1'), 'größe'];
  const payload = encodeMessages([
    {
      name: 'm',
      args: [
        ['binary', binary],
        ['text', text],
        ['empty', ''],
        ['long', Buffer.alloc(40_000, 7)],
        ['null', null],
        ['flag', true],
        ['integer', 8],
        ['ip', ipv4('192.0.2.1')],
        ['binary', 'another'],
      ],
    },
  ]);
  const message = decodeMessages(payload).at(0) as Message;

  test('has the bytes of the first STRING or BINARY of a name', () => {
    expect(message.view('binary')).toEqual(binary);
    expect(message.view('text')?.toString()).toBe(text);
    expect(message.view('empty')).toHaveLength(0);
    expect(message.view('long')).toEqual(Buffer.alloc(40_000, 7));
  });

  test.each(['null', 'flag', 'integer', 'ip', 'missing', ''])('%j has none', (name) => {
    expect(message.view(name)).toBeUndefined();
  });

  test('is no copy, a value is', () => {
    const [view, value] = [message.view('long'), message.get('long')];
    if (view === undefined || !Buffer.isBuffer(value)) throw new Error('the bytes are missing');
    expect([view.buffer, view.byteOffset]).toEqual([payload.buffer, payload.byteOffset + payload.indexOf(view)]);
    expect(value.buffer).not.toBe(payload.buffer);
  });
});

describe('texts that were there before', () => {
  // Of one length in bytes, and told apart by one of them.
  const alike = ['abcd', 'abce', 'bbcd', 'ab\0d', 'abc\x7f', 'abé', 'éab', 'éé', '€a', 'a€', '😀', 'ÿÿ'];

  test.each(['get', 'at', 'iteration'])('are not taken for others: %s', (way) => {
    for (const text of [...alike, ...alike.toReversed(), '', ...alike.flatMap((each) => [each, each])]) {
      const message = decodeMessages(encodeMessages([{ name: text, args: [['a', text]] }])).at(0);
      const found = { get: message?.get('a'), at: message?.at(0)?.value, iteration: [...(message ?? [])][0]?.value }[
        way
      ];
      expect([message?.name, found]).toEqual([text, text]);
    }
  });

  test.each([0xff, 0x80, 0xc3])('bytes that are no UTF-8 are none of them: %d', (byte) => {
    const payload = Buffer.of(1, 0x6d, 1, 1, 0x61, 8, 2, byte, byte);
    for (let i = 0; i < 2; i++) expect(decodeMessages(payload).at(0)?.get('a')).toBe('\ufffd\ufffd');
  });
});

describe('bytes that were changed behind the index', () => {
  // The last value of the payload, which no longer ends in it.
  test.each([
    ['an integer', Buffer.of(2, 0x01), Buffer.of(2, 0xff)],
    ['a long integer', Buffer.of(4, 0xf1, 0x01), Buffer.of(4, 0xf1, 0xff)],
    ['a text', Buffer.of(8, 1, 0x61), Buffer.of(8, 2, 0x61)],
    ['a long text', Buffer.of(8, 1, 0x61), Buffer.of(8, 0xf0, 0x01)],
    ['an address', Buffer.of(2, 0x01), Buffer.of(6, 0x01)],
    ['bytes', Buffer.of(9, 1, 0x61), Buffer.of(9, 3, 0x61)],
  ])('%s: nothing is read beyond the end', (_, sound, changed) => {
    // More memory behind the payload, and other bytes in it.
    const memory = Buffer.alloc(64, 0x01);
    const payload = memory.subarray(0, 5 + sound.length);
    Buffer.of(1, 0x6d, 1, 1, 0x61).copy(payload);
    sound.copy(payload, 5);
    const message = decodeMessages(payload).at(0);
    changed.copy(payload, 5);
    expectSpoaError('SPOA_TRUNCATED', () => message?.get('a'));
    expectSpoaError('SPOA_TRUNCATED', () => message?.at(0));
    if ((changed[0] ?? 0) >= 8) expectSpoaError('SPOA_TRUNCATED', () => message?.view('a'));
  });
});

describe('the number of arguments', () => {
  const messageOf = (count: number) => [{ name: 'm', args: Array.from({ length: count }, () => ['a', 1] as const) }];

  test('255 are written and read', () => {
    expect(decodeMessages(encodeMessages(messageOf(255))).at(0)?.length).toBe(255);
  });

  test('256 are refused: one byte counts them', () => {
    expectSpoaError('SPOA_FRAME_INVALID', () => encodeMessages(messageOf(256)));
  });

  test('arguments come from any iterable, once', () => {
    function* args(): Generator<[string, number]> {
      yield ['a', 1];
      yield ['b', 2];
    }
    expect(
      decodeMessages(encodeMessages([{ name: 'm', args: args() }]))
        .at(0)
        ?.get('b'),
    ).toBe(2);
    expect(
      decodeMessages(encodeMessages([{ name: 'm', args: new Map([['c', 3]]) }]))
        .at(0)
        ?.get('c'),
    ).toBe(3);
  });
});

describe('frames of a NOTIFY', () => {
  const messages = [{ name: 'm', args: [['a', 'x'.repeat(100)] as const] }];
  const { length } = encodeMessages(messages);

  test('one, where it fits exactly; two, where one byte is missing', () => {
    expect(encodeNotify(id, messages)).toHaveLength(1);
    expect(encodeNotify(id, messages, 7 + length)).toHaveLength(1);
    const [first, second, ...more] = encodeNotify(id, messages, 7 + length - 1).map((frame) => decodeFrame(frame));
    expect(first).toMatchObject({ type: FrameType.NOTIFY, flags: 0, ...id });
    expect(second).toMatchObject({ type: FrameType.UNSET, flags: FrameFlag.FIN, ...id });
    expect(second?.payload.length).toBe(1);
    expect(more).toEqual([]);
  });

  test('no message makes one frame without payload', () => {
    const frames = encodeNotify(id, [], 7);
    expect(frames.map((frame) => decodeFrame(frame).payload.length)).toEqual([0]);
  });

  test.each([8, 7, 0, -1, 7.5, Number.NaN])(
    'a frame size of %s holds no part of it: an error, not a loop without end',
    (size) => {
      if (size === 8) expect(encodeNotify(id, messages, size)).toHaveLength(length);
      else expectSpoaError('SPOA_MAX_FRAME_SIZE_INVALID', () => encodeNotify(id, messages, size));
    },
  );

  test('large ids take their room from the payload', () => {
    const large = { streamId: Number.MAX_SAFE_INTEGER, frameId: Number.MAX_SAFE_INTEGER };
    for (const frame of encodeNotify(large, messages, 60)) {
      expect(frame.length).toBeLessThanOrEqual(64);
      expect(decodeFrame(frame)).toMatchObject(large);
    }
  });

  test('the end of one that is given up', () => {
    expect(encodeNotifyAbort({ streamId: 9, frameId: 1 }).toString('hex')).toBe('0000000700000000030901');
  });
});

describe('properties', () => {
  test('what is written is read, in order, with types', () => {
    fc.assert(
      fc.property(ids(), writtenMessages(), (both, messages) => {
        const [bytes, ...others] = encodeNotify(both, asWritableMessages(messages));
        expect(others).toEqual([]);
        const frame = decodeFrame(bytes as Buffer);
        expect(frame).toMatchObject({ type: FrameType.NOTIFY, flags: FrameFlag.FIN, ...both });
        const read = [...decodeMessages(frame.payload)].map(({ name, ...message }) => ({ name, message }));
        expect(read.map(({ name }) => name)).toEqual(messages.map(({ name }) => name));
        const found = [...decodeMessages(frame.payload)].map((message) => [...message]);
        const expected = messages.map(({ args }) =>
          args.map(([name, { written, read: value }]): Argument => {
            const type = DATA_TYPE_NAMES[encodeTypedData(written).readUInt8() & 0x0f] as Argument['type'];
            return { name, type, value };
          }),
        );
        expect(found).toEqual(expected);
      }),
    );
  });

  test('what is looked up by its name is the first that iteration finds, its bytes are those that were written', () => {
    fc.assert(
      fc.property(writtenMessages(), (messages) => {
        for (const message of decodeMessages(encodeMessages(asWritableMessages(messages)))) {
          for (const { name } of message) {
            const first = [...message].find((argument) => argument.name === name);
            expect(message.get(name)).toEqual(first?.value);
            const hasBytes = first?.type === 'STRING' || first?.type === 'BINARY';
            expect(message.view(name)).toEqual(hasBytes ? Buffer.from(first.value as string) : undefined);
          }
        }
      }),
    );
  });
});
