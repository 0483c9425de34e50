import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  decodeFrame,
  encodeFrame,
  encodeMessages,
  encodeNotify,
  FrameFlag,
  FrameType,
  Reassembly,
} from '../../src/index.ts';
import { asWritableMessages, ids, writtenMessages } from './arbitraries.ts';
import { expectSpoaError } from './expect-spoa-error.ts';
import { usedMemory } from './used-memory.ts';

const part = (length: number, fill = 1): Buffer => Buffer.alloc(length, fill);

test('parts are put together in order, and copied', () => {
  const reassembly = new Reassembly(100);
  const first = Buffer.from('one ');
  reassembly.begin(1, 2, first);
  first.fill(0);
  expect(reassembly.open).toBe(true);
  const second = Buffer.from('two ');
  expect(reassembly.add(1, 2, second, false)).toBeUndefined();
  second.fill(0);
  expect(reassembly.size).toBe(8);
  expect(reassembly.add(1, 2, Buffer.from('three'), true)?.toString()).toBe('one two three');
  expect(reassembly.open).toBe(false);
  expect(reassembly.size).toBe(0);
});

test('the whole is nobody else’s: the next NOTIFY does not write over it', () => {
  const reassembly = new Reassembly(100);
  const wholes = [1, 2].map((fill) => {
    reassembly.begin(1, fill, part(10, fill));
    return reassembly.add(1, fill, part(10, fill), true);
  });
  expect(wholes).toEqual([part(20, 1), part(20, 2)]);
});

test('empty parts are parts', () => {
  const reassembly = new Reassembly(100);
  reassembly.begin(1, 1, part(0));
  expect(reassembly.add(1, 1, part(0), false)).toBeUndefined();
  expect(reassembly.add(1, 1, part(0), true)).toEqual(part(0));
});

describe('the limit', () => {
  test('is the size of the whole: at it yes, one over no', () => {
    const reassembly = new Reassembly(10);
    reassembly.begin(1, 1, part(4));
    expect(reassembly.add(1, 1, part(6), true)).toEqual(part(10));
    reassembly.begin(1, 2, part(4));
    const error = expectSpoaError('SPOA_FRAGMENTS_TOO_BIG', () => reassembly.add(1, 2, part(7), true));
    expect(error.facts).toEqual({ size: 11, maxSize: 10 });
  });

  test('holds for the first part alone', () => {
    const reassembly = new Reassembly(10);
    reassembly.begin(1, 1, part(10));
    reassembly.reset();
    expectSpoaError('SPOA_FRAGMENTS_TOO_BIG', () => reassembly.begin(1, 1, part(11)));
    expect(reassembly.open).toBe(false);
  });

  test('what was gathered is forgotten where it is passed, and a new one may begin', () => {
    const reassembly = new Reassembly(10);
    reassembly.begin(1, 1, part(10));
    expectSpoaError('SPOA_FRAGMENTS_TOO_BIG', () => reassembly.add(1, 1, part(1), false));
    expect([reassembly.open, reassembly.size]).toEqual([false, 0]);
    expectSpoaError('SPOA_FRAGMENT_UNKNOWN', () => reassembly.add(1, 1, part(1), true));
    reassembly.begin(1, 2, part(10));
    expect(reassembly.open).toBe(true);
  });
});

describe('fragments that do not belong together', () => {
  test('a NOTIFY inside another is SPOA_FRAGMENTS_INTERLACED, and tells both', () => {
    const reassembly = new Reassembly(100);
    reassembly.begin(1, 2, part(1));
    for (const [streamId, frameId] of [
      [1, 2],
      [1, 3],
      [3, 2],
    ] as const) {
      const error = expectSpoaError('SPOA_FRAGMENTS_INTERLACED', () => reassembly.begin(streamId, frameId, part(1)));
      expect(error.facts).toEqual({ streamId, frameId, openStreamId: 1, openFrameId: 2 });
    }
  });

  test('a part of a NOTIFY that never began is SPOA_FRAGMENT_UNKNOWN', () => {
    const reassembly = new Reassembly(100);
    expectSpoaError('SPOA_FRAGMENT_UNKNOWN', () => reassembly.add(0, 0, part(1), true));
    reassembly.begin(1, 2, part(1));
    expectSpoaError('SPOA_FRAGMENT_UNKNOWN', () => reassembly.add(2, 2, part(1), false));
    expectSpoaError('SPOA_FRAGMENT_UNKNOWN', () => reassembly.add(1, 1, part(1), true));
    expect(reassembly.add(1, 2, part(1), true)).toEqual(part(2));
    expectSpoaError('SPOA_FRAGMENT_UNKNOWN', () => reassembly.add(1, 2, part(1), true));
  });

  test('an aborted NOTIFY is unknown', () => {
    const reassembly = new Reassembly(100);
    reassembly.begin(1, 2, part(50));
    expect(reassembly.matches(1, 2)).toBe(true);
    reassembly.reset();
    expect([reassembly.open, reassembly.size, reassembly.matches(1, 2)]).toEqual([false, 0, false]);
    expectSpoaError('SPOA_FRAGMENT_UNKNOWN', () => reassembly.add(1, 2, part(1), true));
  });
});

describe('memory', () => {
  test('empty fragments without end take none', () => {
    const reassembly = new Reassembly(1000);
    reassembly.begin(1, 1, part(1));
    const before = usedMemory();
    for (let i = 0; i < 300_000; i++) reassembly.add(1, 1, part(0), false);
    expect(usedMemory() - before).toBeLessThan(4_000_000);
    expect(reassembly.add(1, 1, part(1), true)).toEqual(part(2));
  });

  test('fragments of one byte take no more than their bytes twice', () => {
    const size = 200_000;
    const reassembly = new Reassembly(size);
    const one = part(1);
    const before = usedMemory();
    reassembly.begin(1, 1, one);
    for (let i = 2; i < size; i++) reassembly.add(1, 1, one, false);
    expect(usedMemory() - before).toBeLessThan(4 * size + 500_000);
    expect(reassembly.add(1, 1, one, true)).toEqual(part(size));
  });

  test('a limit that is never reached takes none', () => {
    const before = usedMemory();
    const many = Array.from({ length: 100 }, () => new Reassembly(2 ** 30));
    for (const reassembly of many) reassembly.begin(1, 1, part(10));
    expect(usedMemory() - before).toBeLessThan(4_000_000);
    expect(many.every(({ size }) => size === 10)).toBe(true);
  });
});

describe('properties', () => {
  test('any cutting of a payload gives the whole', () => {
    const cutting = fc.tuple(
      fc.uint8Array({ maxLength: 400 }),
      fc.array(fc.nat({ max: 400 }), { maxLength: 10, size: 'max' }),
    );
    fc.assert(
      fc.property(cutting, ids(), ([payload, cuts], { streamId, frameId }) => {
        const ends = [...cuts.filter((at) => at <= payload.length), payload.length].sort((a, b) => a - b);
        const reassembly = new Reassembly(payload.length);
        reassembly.begin(streamId, frameId, payload.subarray(0, ends[0]));
        let whole: Buffer | undefined;
        for (let i = 0; i < ends.length; i++) {
          whole = reassembly.add(streamId, frameId, payload.subarray(ends[i], ends[i + 1]), i === ends.length - 1);
        }
        expect(whole).toEqual(Buffer.from(payload));
      }),
    );
  });

  test('the frames of encodeNotify are those of one NOTIFY, in its size, and give its payload', () => {
    fc.assert(
      fc.property(ids(), writtenMessages(), fc.integer({ min: 30, max: 300 }), (both, messages, maxFrameSize) => {
        const payload = encodeMessages(asWritableMessages(messages));
        const frames = encodeNotify(both, asWritableMessages(messages), maxFrameSize);
        const reassembly = new Reassembly(payload.length);
        let whole: Buffer | undefined;
        for (const [i, bytes] of frames.entries()) {
          expect(bytes.length).toBeLessThanOrEqual(4 + maxFrameSize);
          const frame = decodeFrame(bytes);
          const fin = i === frames.length - 1;
          expect(frame).toMatchObject({ type: i === 0 ? FrameType.NOTIFY : FrameType.UNSET, ...both });
          expect(frame.flags).toBe(fin ? FrameFlag.FIN : 0);
          if (i === 0) {
            if (fin) whole = frame.payload;
            else reassembly.begin(frame.streamId, frame.frameId, frame.payload);
          } else {
            whole = reassembly.add(frame.streamId, frame.frameId, frame.payload, fin);
          }
          if (!fin) expect(bytes.length).toBe(4 + maxFrameSize);
          expect(encodeFrame(frame)).toEqual(bytes);
        }
        expect(whole).toEqual(payload);
      }),
    );
  });
});
