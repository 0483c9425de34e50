import fc, { type Arbitrary } from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  decodeActions,
  decodeAgentHello,
  decodeDisconnect,
  decodeFrame,
  decodeHaproxyHello,
  decodeMessages,
  decodeTypedData,
  decodeVarint,
  encodeAck,
  encodeAgentDisconnect,
  encodeAgentHello,
  encodeFrame,
  encodeHaproxyDisconnect,
  encodeHaproxyHello,
  encodeNotify,
  FrameSplitter,
  MessageIndex,
  Reader,
  SpoaError,
  skipTypedData,
} from '../../src/index.ts';
import {
  agentHellos,
  asWritableMessages,
  disconnects,
  frames,
  haproxyHellos,
  ids,
  writtenActions,
  writtenMessages,
} from './arbitraries.ts';
import { usedMemory } from './used-memory.ts';

/** Everything that reads a peer's bytes, on all of what it would read of them. */
const decoders: readonly (readonly [name: string, decode: (bytes: Buffer) => unknown])[] = [
  ['decodeVarint', (bytes) => decodeVarint(bytes)],
  ['decodeTypedData', (bytes) => decodeTypedData(bytes)],
  ['skipTypedData', (bytes) => skipTypedData(new Reader(bytes))],
  ['decodeFrame', (bytes) => decodeFrame(bytes)],
  ['decodeHaproxyHello', (bytes) => decodeHaproxyHello(bytes)],
  ['decodeAgentHello', (bytes) => decodeAgentHello(bytes)],
  ['decodeDisconnect', (bytes) => decodeDisconnect(bytes)],
  ['decodeActions', (bytes) => decodeActions(bytes)],
  ['decodeMessages', (bytes) => [...decodeMessages(bytes)].map((message) => [message.name, [...message]])],
  ['MessageIndex', (bytes) => new MessageIndex().parse(new Reader(bytes))],
  ['FrameSplitter', (bytes) => [...splitAll(bytes)]],
];

function* splitAll(bytes: Buffer): Generator<Buffer> {
  const splitter = new FrameSplitter(16_380, () => true);
  splitter.feed(bytes);
  while (splitter.next()) yield splitter.bytes.subarray(splitter.start, splitter.end);
}

/** Bytes that look like something: small numbers are types, lengths and counts. */
function suspicious(): Arbitrary<Buffer> {
  const byte = fc.oneof(fc.nat({ max: 17 }), fc.constantFrom(0x7f, 0x80, 0xef, 0xf0, 0xfe, 0xff), fc.nat({ max: 255 }));
  const list = fc.array(byte, { maxLength: 200, size: 'max' }).map((bytes) => Buffer.from(bytes));
  const framed = fc
    .tuple(fc.constantFrom(0, 1, 2, 3, 101, 102, 103), list)
    .map(([type, payload]) => encodeFrame({ type, flags: 1, streamId: 0, frameId: 0, payload }));
  return fc.oneof(
    list,
    framed,
    framed.map((frame) => frame.subarray(11)),
  );
}

/** Whole frames, as a peer that keeps to the rules sends them. */
function validFrames(): Arbitrary<Buffer> {
  return fc.oneof(
    haproxyHellos().map(encodeHaproxyHello),
    agentHellos().map(encodeAgentHello),
    disconnects().map(encodeHaproxyDisconnect),
    disconnects().map(encodeAgentDisconnect),
    frames().map(encodeFrame),
    fc
      .tuple(ids(), writtenMessages())
      .map(([both, messages]) => Buffer.concat(encodeNotify(both, asWritableMessages(messages)))),
    fc.tuple(ids(), writtenActions()).map(([both, actions]) =>
      encodeAck(
        both,
        actions.map(({ action }) => action),
      ),
    ),
  );
}

/** A valid frame with a few bytes changed, left out, put in, or doubled. */
function mutatedFrames(): Arbitrary<Buffer> {
  const change = fc.record({
    at: fc.nat({ max: 600 }),
    kind: fc.constantFrom('set', 'flip', 'cut', 'insert', 'repeat'),
    byte: fc.oneof(fc.nat({ max: 255 }), fc.constantFrom(0, 0xf0, 0xff)),
    length: fc.integer({ min: 1, max: 8 }),
  });
  return fc.tuple(validFrames(), fc.array(change, { minLength: 1, maxLength: 4 })).map(([frame, changes]) => {
    let bytes = frame;
    for (const { at: anywhere, kind, byte, length } of changes) {
      const at = bytes.length === 0 ? 0 : anywhere % bytes.length;
      const [head, tail] = [bytes.subarray(0, at), bytes.subarray(at)];
      if (kind === 'set') bytes = Buffer.concat([head, Buffer.of(byte), tail.subarray(1)]);
      else if (kind === 'flip')
        bytes = Buffer.concat([head, Buffer.of((tail[0] ?? 0) ^ (1 << (byte & 7))), tail.subarray(1)]);
      else if (kind === 'cut') bytes = Buffer.concat([head, tail.subarray(length)]);
      else if (kind === 'insert') bytes = Buffer.concat([head, Buffer.alloc(length, byte), tail]);
      else bytes = Buffer.concat([head, tail.subarray(0, length), tail]);
    }
    return bytes;
  });
}

describe.each(decoders)('%s', (_, decode) => {
  const check = (bytes: Buffer): void => {
    const before = Buffer.from(bytes);
    try {
      decode(bytes);
    } catch (error) {
      if (!(error instanceof SpoaError)) throw error;
      // Loggers write JSON, which has no bigint: a peer must not choose what they throw at.
      JSON.stringify(error.facts);
    }
    expect(bytes.equals(before)).toBe(true);
  };

  test('gives a value or a SpoaError for any bytes, and changes none', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
        check,
      ),
      { numRuns: 1000 },
    );
    fc.assert(fc.property(suspicious(), check), { numRuns: 2000 });
  });

  test('also for frames that were changed, whole or without their header', () => {
    fc.assert(
      fc.property(mutatedFrames(), fc.constantFrom(0, 4, 11), (bytes, from) => check(bytes.subarray(from))),
      { numRuns: 2000 },
    );
  });

  test('and for every beginning of a frame', () => {
    fc.assert(
      fc.property(validFrames(), (frame) => {
        for (let end = 0; end < frame.length; end++) {
          check(frame.subarray(0, end));
          if (end > 11) check(frame.subarray(11, end));
        }
      }),
      { numRuns: 30 },
    );
  });
});

describe('what is announced and does not come takes no memory', () => {
  const most = 'fff0fefefefefefefe06';
  test.each([
    ['a string of 2^63-1 bytes', `08${most}`],
    ['binary data of 2^63-1 bytes', `09${most}`],
    ['a name of 2^63-1 bytes', most],
    ['a message name of 2^53 bytes', 'f0f0fefefefefefe7e'],
    ['255 arguments that do not come', '016dff'],
    ['a frame of 2^32-1 bytes', 'ffffffff030000000101'],
  ])('%s', (_, hex) => {
    const bytes = Buffer.from(hex, 'hex');
    const before = usedMemory();
    const kept: unknown[] = [];
    for (const [, decode] of decoders) {
      try {
        kept.push(decode(bytes));
      } catch (error) {
        kept.push(error);
      }
    }
    expect(usedMemory() - before).toBeLessThan(1_000_000);
    expect(kept).toHaveLength(decoders.length);
  });
});

describe('what is decoded takes the memory of its bytes times a small number', () => {
  const size = 1_000_000;
  const repeated = (hex: string): Buffer => Buffer.alloc(size - (size % (hex.length / 2)), hex, 'hex');

  // The smallest possible parts, so that what is made of each weighs the most.
  test.each<[what: string, bytes: Buffer, times: number, decode: (bytes: Buffer) => unknown]>([
    ['messages without name and arguments, indexed', repeated('0000'), 20, decodeMessages],
    ['messages with 255 arguments without name and value', repeated(`00ff${'0000'.repeat(255)}`), 20, decodeMessages],
    ['unset-vars without name', repeated('02020200'), 30, decodeActions],
    ['set-vars without name and value', repeated('0103020000'), 30, decodeActions],
    ['set-vars of the lowest integer', repeated('0103020004f0f1fefefefefefefe06'), 30, decodeActions],
    ['items without name and value', Buffer.concat([repeated('0000'), encodeHello()]), 10, decodeHaproxyHello],
    ['one string', Buffer.concat([Buffer.of(8, 0xf0, 0xbf, 0xab, 0x02), Buffer.alloc(size, 'x')]), 5, decodeTypedData],
  ])('%s', (_, bytes, times, decode) => {
    const before = usedMemory();
    const value = decode(bytes);
    expect(usedMemory() - before).toBeLessThan(times * bytes.length);
    expect(value).toBeDefined();
  });
});

function encodeHello(): Buffer {
  return decodeFrame(encodeHaproxyHello({ supportedVersions: ['2.0'], maxFrameSize: 16_380, capabilities: [] }))
    .payload;
}
