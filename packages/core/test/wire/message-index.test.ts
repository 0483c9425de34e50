import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  decodeMessages,
  decodeTypedData,
  decodeVarint,
  encodeMessages,
  encodeTypedData,
  MessageIndex,
  Name,
  Reader,
  SpoaError,
  skipTypedData,
} from '../../src/index.ts';
import { asWritableMessages, writtenMessages } from './arbitraries.ts';
import { expectSpoaError } from './expect-spoa-error.ts';
import { usedMemory } from './used-memory.ts';

interface Found {
  name: string;
  args: { name: string; valueStart: number; bytes: string }[];
}

/** The grammar word by word, on plain offsets: what an index must agree with. */
function naive(bytes: Buffer): Found[] {
  let at = 0;
  const text = (): string => {
    const { value, length } = decodeVarint(bytes, at);
    const start = at + length;
    at = start + Number(value);
    if (at > bytes.length) throw new SpoaError('SPOA_TRUNCATED', 'a string');
    return bytes.toString('hex', start, at);
  };
  const found: Found[] = [];
  while (at < bytes.length) {
    const name = text();
    const count = bytes[at++];
    if (count === undefined) throw new SpoaError('SPOA_TRUNCATED', 'NB-ARGS');
    const args: Found['args'] = [];
    for (let i = 0; i < count; i++) {
      const argument = text();
      const { length } = decodeTypedData(bytes, at);
      args.push({ name: argument, valueStart: at, bytes: bytes.toString('hex', at, at + length) });
      at += length;
    }
    found.push({ name, args });
  }
  return found;
}

function indexed(index: MessageIndex): Found[] {
  const hex = (start: number, end: number): string => index.bytes.toString('hex', start, end);
  return Array.from({ length: index.messageCount }, (_, message) => ({
    name: hex(index.messageNameStart(message), index.messageNameEnd(message)),
    args: Array.from({ length: index.argumentCount(message) }, (__, i) => {
      const argument = index.firstArgument(message) + i;
      const valueStart = index.valueStart(argument);
      const reader = new Reader(index.bytes, valueStart);
      skipTypedData(reader);
      const name = hex(index.argumentNameStart(argument), index.argumentNameEnd(argument));
      return { name, valueStart, bytes: hex(valueStart, reader.offset) };
    }),
  }));
}

describe('a sound payload', () => {
  test('many messages and many arguments outgrow the first tables', () => {
    const args = Array.from({ length: 255 }, (_, i) => [`a${i}`, i] as const);
    const messages = Array.from({ length: 40 }, (_, i) => ({ name: `m${i}`, args }));
    const payload = encodeMessages(messages);
    const index = new MessageIndex();
    index.parse(new Reader(payload));
    expect(indexed(index)).toEqual(naive(payload));
    expect(index.messageCount).toBe(40);
  });

  test('an index is used again, also for less and for nothing', () => {
    const index = new MessageIndex();
    for (const count of [3, 1, 0, 2]) {
      const payload = encodeMessages(Array.from({ length: count }, (_, i) => ({ name: 'x', args: [[String(i), i]] })));
      index.parse(new Reader(payload));
      expect(indexed(index)).toEqual(naive(payload));
      index.clear();
      expect([index.messageCount, index.bytes.length]).toEqual([0, 0]);
    }
  });

  test('a payload inside other bytes is read where it lies, and in memory of its own afterwards', () => {
    const payload = encodeMessages([
      { name: 'm', args: [['ip', '127.0.0.1']] },
      { name: 'n', args: [['', null]] },
    ]);
    const around = Buffer.concat([Buffer.alloc(100, 0xff), payload, Buffer.alloc(100, 0xff)]);
    const index = new MessageIndex();
    index.parse(new Reader(around, 100, 100 + payload.length));
    const before = indexed(index).map(({ name, args }) => [name, args.map(({ bytes }) => bytes)]);
    index.own(100, 100 + payload.length);
    around.fill(0);
    expect(indexed(index)).toEqual(naive(payload));
    expect(indexed(index).map(({ name, args }) => [name, args.map(({ bytes }) => bytes)])).toEqual(before);
    expect(index.bytes.length).toBe(payload.length);
  });

  test('names are found as bytes, the first of equal ones, and no name for its beginning', () => {
    const index = new MessageIndex();
    index.parse(new Reader(encodeMessages(['aa', 'a', 'aa', ''].map((name) => ({ name, args: [[name, 1]] })))));
    const found = (name: string): number => index.findMessage(new Name(name));
    expect(['aa', 'a', '', 'aaa', 'b'].map(found)).toEqual([0, 1, 3, -1, -1]);
    expect(index.isMessageNamed(2, new Name('aa'))).toBe(true);
  });

  test('arguments are found as bytes, the first of equal ones, whatever else looks like them', () => {
    const long = 'n'.repeat(70_000);
    const names = ['path', 'push', 'pith', 'pith', '', 'é', long, `${long}n`];
    const index = new MessageIndex();
    index.parse(
      new Reader(
        encodeMessages([
          { name: 'first', args: [['path', 1]] },
          { name: 'm', args: names.map((name) => [name, 1]) },
        ]),
      ),
    );
    const found = (name: string): number => index.findArgument(1, new Name(name));
    expect([...names, 'pxth', 'p', 'n'].map(found)).toEqual([1, 2, 3, 3, 5, 6, 7, 8, -1, -1, -1]);
  });
});

describe('a payload that is not sound', () => {
  const sound = encodeMessages([
    {
      name: 'm',
      args: [
        ['a', 'value'],
        ['', -1],
      ],
    },
  ]);

  test('cut anywhere is SPOA_TRUNCATED', () => {
    for (let end = 1; end < sound.length; end++) {
      expectSpoaError('SPOA_TRUNCATED', () => decodeMessages(sound.subarray(0, end)));
    }
  });

  // HAProxy writes the low eight bits of the count: with 256 arguments the 256 stand where the next message is expected.
  test.each([256, 257, 300, 511])('%s arguments, of which HAProxy counts the low byte, fail this NOTIFY', (count) => {
    const args = Array.from({ length: count }, (_, i) => [`argument${i}`, `value number ${i}`] as const);
    const parts = args.map(([name, value]) =>
      Buffer.concat([encodeTypedData(name).subarray(1), encodeTypedData(value)]),
    );
    const payload = Buffer.concat([Buffer.of(1, 0x6d, count & 0xff), ...parts]);
    expect(() => decodeMessages(payload)).toThrow(SpoaError);
  });

  test('what came before the fault does not look like a whole', () => {
    const index = new MessageIndex();
    expectSpoaError('SPOA_TRUNCATED', () => index.parse(new Reader(Buffer.concat([sound, Buffer.of(9)]))));
    expect(index.messageCount).toBe(0);
    expect(index.findMessage(new Name('m'))).toBe(-1);
  });

  test('a payload that offsets of 32 bits do not reach is refused before it is read', () => {
    const index = new MessageIndex();
    index.parse(new Reader(sound));
    const reader = new Reader(Buffer.alloc(16));
    reader.end = 2 ** 31;
    expectSpoaError('SPOA_FRAME_TOO_BIG', () => index.parse(reader));
    expect([index.messageCount, index.bytes.length]).toEqual([0, 0]);
  });

  test('a table that one monstrous payload blew up is given back', () => {
    const index = new MessageIndex();
    const before = usedMemory();
    const emptyMessages = 1_000_000;
    index.parse(new Reader(Buffer.alloc(2 * emptyMessages)));
    expect(index.messageCount).toBe(emptyMessages);
    index.clear();
    expect(usedMemory() - before).toBeLessThan(1_000_000);
    index.parse(new Reader(sound));
    expect(index.messageCount).toBe(1);
  });

  test('so is one of a payload that broke off', () => {
    const index = new MessageIndex();
    const before = usedMemory();
    const broken = Buffer.concat([Buffer.alloc(2_000_000), Buffer.of(9)]);
    expectSpoaError('SPOA_TRUNCATED', () => index.parse(new Reader(broken)));
    expect(usedMemory() - before).toBeLessThan(3_000_000);
    expect(index.bytes.length).toBe(0);
  });
});

describe('properties', () => {
  test('an index agrees with the grammar', () => {
    const index = new MessageIndex();
    fc.assert(
      fc.property(writtenMessages(), (messages) => {
        const payload = encodeMessages(asWritableMessages(messages));
        index.parse(new Reader(payload));
        expect(indexed(index)).toEqual(naive(payload));
      }),
    );
  });

  test('also on bytes that are nearly right, and on any bytes', () => {
    const index = new MessageIndex();
    const outcome = (action: () => unknown): unknown => {
      try {
        return action();
      } catch (error) {
        return error instanceof SpoaError ? 'SpoaError' : error;
      }
    };
    const broken = fc
      .tuple(
        writtenMessages(),
        fc.array(fc.tuple(fc.nat({ max: 400 }), fc.nat({ max: 255 })), { minLength: 1, maxLength: 3 }),
      )
      .map(([messages, changes]) => {
        const payload = encodeMessages(asWritableMessages(messages));
        for (const [at, byte] of changes) if (at < payload.length) payload[at] = byte;
        return payload;
      });
    const any = fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes));
    const small = fc.array(fc.nat({ max: 11 }), { maxLength: 60 }).map((bytes) => Buffer.from(bytes));
    fc.assert(
      fc.property(fc.oneof(broken, any, small), (payload) => {
        const found = outcome(() => {
          index.parse(new Reader(payload));
          return indexed(index);
        });
        expect(found).toEqual(outcome(() => naive(payload)));
      }),
      { numRuns: 2000 },
    );
  });
});
