import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeFrame, FrameFlag, FrameSplitter, FrameType } from '../../src/index.ts';
import { frames } from './arbitraries.ts';
import { expectSpoaError } from './expect-spoa-error.ts';

const anyType = (): boolean => true;

/** A frame whose LENGTH is `length`. */
function frameOf(length: number, type: number = FrameType.NOTIFY): Buffer {
  return encodeFrame({ type, flags: FrameFlag.FIN, streamId: 1, frameId: 1, payload: Buffer.alloc(length - 7, 0xcc) });
}

/** All frames that come out for `chunks`, copied, and the most bytes that were held in between. */
function split(splitter: FrameSplitter, chunks: Iterable<Buffer>): { frames: Buffer[]; mostHeld: number } {
  const found: Buffer[] = [];
  let mostHeld = 0;
  for (const chunk of chunks) {
    splitter.feed(chunk);
    while (splitter.next()) found.push(Buffer.from(splitter.bytes.subarray(splitter.start, splitter.end)));
    mostHeld = Math.max(mostHeld, splitter.heldLength);
  }
  return { frames: found, mostHeld };
}

function cut(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const ends = [...cuts, bytes.length].sort((a, b) => a - b);
  return ends.map((end, i) => bytes.subarray(i === 0 ? 0 : ends[i - 1], end));
}

describe('one frame', () => {
  test('in one chunk is not copied', () => {
    const chunk = Buffer.concat([frameOf(20), frameOf(30)]);
    const splitter = new FrameSplitter(100, anyType);
    splitter.feed(chunk);
    expect(splitter.next()).toBe(true);
    expect(splitter.bytes).toBe(chunk);
    expect([splitter.start, splitter.end]).toEqual([4, 24]);
    expect(splitter.next()).toBe(true);
    expect([splitter.start, splitter.end]).toEqual([28, 58]);
    expect(splitter.next()).toBe(false);
  });

  test('cut at every place is whole again', () => {
    const bytes = frameOf(40);
    for (let at = 0; at <= bytes.length; at++) {
      const { frames: found } = split(new FrameSplitter(100, anyType), cut(bytes, [at]));
      expect(found).toEqual([bytes.subarray(4)]);
    }
  });

  test('that was gathered does not change when its chunks do', () => {
    const bytes = frameOf(40);
    const first = Buffer.from(bytes.subarray(0, 20));
    const splitter = new FrameSplitter(100, anyType);
    splitter.feed(first);
    expect(splitter.next()).toBe(false);
    first.fill(0);
    splitter.feed(bytes.subarray(20));
    expect(splitter.next()).toBe(true);
    expect(splitter.bytes.subarray(splitter.start, splitter.end)).toEqual(bytes.subarray(4));
  });
});

describe('nothing is kept', () => {
  test('of a chunk that is used up', () => {
    const splitter = new FrameSplitter(100, anyType);
    splitter.feed(frameOf(40));
    while (splitter.next());
    // An idle connection would keep the chunk of its last frame until the next one.
    expect(splitter.bytes.length).toBe(0);
    expect(splitter.heldLength).toBe(0);
  });

  test('of a gathered frame once the next is asked for', () => {
    const splitter = new FrameSplitter(100, anyType);
    const bytes = frameOf(40);
    for (const chunk of cut(bytes, [3, 20])) {
      splitter.feed(chunk);
      while (splitter.next());
    }
    expect(splitter.bytes.length).toBe(0);
    expect(splitter.heldLength).toBe(0);
  });
});

describe('a buffer that is used for every chunk', () => {
  test('is read up to the length of the chunk: what lies behind it is from earlier ones', () => {
    const buffer = Buffer.alloc(200, 0xff);
    const bytes = Buffer.concat([frameOf(20), frameOf(30)]);
    for (let at = 1; at < bytes.length; at++) {
      const splitter = new FrameSplitter(100, anyType);
      const found: Buffer[] = [];
      for (const chunk of cut(bytes, [at])) {
        buffer.fill(0xff);
        chunk.copy(buffer);
        splitter.feed(buffer, chunk.length);
        while (splitter.next()) found.push(Buffer.from(splitter.bytes.subarray(splitter.start, splitter.end)));
      }
      expect(found).toEqual([bytes.subarray(4, 24), bytes.subarray(28)]);
    }
  });

  test('gives what is left of a chunk back when that is kept', () => {
    const buffer = Buffer.alloc(200, 0xff);
    const second = frameOf(30);
    const length = Buffer.concat([frameOf(20), second, second.subarray(0, 10)]).copy(buffer);
    const splitter = new FrameSplitter(100, anyType);
    splitter.feed(buffer, length);
    expect(splitter.next()).toBe(true);
    splitter.keep();
    buffer.fill(0xff);
    expect(splitter.next()).toBe(true);
    expect(splitter.bytes.subarray(splitter.start, splitter.end)).toEqual(second.subarray(4));
    expect(splitter.next()).toBe(false);
    expect(splitter.heldLength).toBe(10);
    second.copy(buffer, 0, 10);
    splitter.feed(buffer, second.length - 10);
    expect(splitter.next()).toBe(true);
    expect(splitter.bytes.subarray(splitter.start, splitter.end)).toEqual(second.subarray(4));
  });
});

describe('the head of what is no frame', () => {
  const isHello = (type: number): boolean => type === FrameType.HAPROXY_HELLO;

  test('is what came of it, whether it came at once, in pieces, or behind a frame', () => {
    const stranger = Buffer.from('GET / HTTP/1.1');
    for (const cuts of [[], [1], [3, 4], [1, 2, 3, 4]]) {
      const splitter = new FrameSplitter(100, isHello);
      expectSpoaError('SPOA_FRAME_UNEXPECTED', () => split(splitter, cut(stranger, cuts)));
      expect(stranger.toString().startsWith(splitter.head.toString()), splitter.head.toString()).toBe(true);
      expect(splitter.head.length).toBeGreaterThanOrEqual(5);
    }
    const splitter = new FrameSplitter(100, isHello);
    const behind = Buffer.concat([frameOf(20, FrameType.HAPROXY_HELLO), stranger]);
    expectSpoaError('SPOA_FRAME_UNEXPECTED', () => split(splitter, [behind]));
    expect(splitter.head).toEqual(stranger);
  });

  test('does not reach behind the chunk', () => {
    const buffer = Buffer.from('GET / HTTP/1.1');
    const splitter = new FrameSplitter(100, isHello);
    splitter.feed(buffer, 6);
    expectSpoaError('SPOA_FRAME_UNEXPECTED', () => splitter.next());
    expect(splitter.head.toString()).toBe('GET / ');
  });
});

describe('limits', () => {
  test.each(['at once', 'byte by byte'])('a LENGTH at the limit is taken, one more is not: %s', (how) => {
    const chunks = (bytes: Buffer): Buffer[] => (how === 'at once' ? [bytes] : cut(bytes, [...bytes.keys()].slice(1)));
    expect(split(new FrameSplitter(256, anyType), chunks(frameOf(256))).frames).toHaveLength(1);
    const error = expectSpoaError('SPOA_FRAME_TOO_BIG', () => {
      split(new FrameSplitter(256, anyType), chunks(frameOf(257)));
    });
    expect(error.facts).toEqual({ type: FrameType.NOTIFY, length: 257, maxFrameSize: 256 });
  });

  test.each([0, 1, 6])('a LENGTH of %s is SPOA_FRAME_INVALID, with or without more behind it', (length) => {
    const bytes = Buffer.from([0, 0, 0, length, FrameType.NOTIFY]);
    for (const chunk of [bytes, Buffer.concat([bytes, Buffer.alloc(100)])]) {
      expectSpoaError('SPOA_FRAME_INVALID', () => split(new FrameSplitter(256, anyType), [chunk]));
    }
  });

  test('a LENGTH of 7, the shortest frame, is taken', () => {
    expect(split(new FrameSplitter(256, anyType), [frameOf(7)]).frames).toHaveLength(1);
  });

  test('a LENGTH of 2^32-1 is too big, not negative', () => {
    const error = expectSpoaError('SPOA_FRAME_TOO_BIG', () => {
      split(new FrameSplitter(256, anyType), [Buffer.from('ffffffff03', 'hex')]);
    });
    expect(error.facts.length).toBe(0xffff_ffff);
  });

  test('length and type are judged by the fifth byte, before anything of the frame is kept', () => {
    const bytes = Buffer.from('7fffffff03', 'hex');
    const splitter = new FrameSplitter(256, anyType);
    expect(split(splitter, [bytes.subarray(0, 4)])).toEqual({ frames: [], mostHeld: 4 });
    expectSpoaError('SPOA_FRAME_TOO_BIG', () => split(splitter, [bytes.subarray(4)]));
  });

  test.each([
    ['an HTTP request', 'GET / HTTP/1.1\r\n\r\n'],
    ['a TLS hello', '\x16\x03\x01\x02\x00\x01'],
    ['a line of telnet', 'hello\r\n'],
  ])('%s is stopped by its fifth byte, which is no type that may come', (_, text) => {
    const bytes = Buffer.from(text, 'latin1');
    const splitter = new FrameSplitter(256, (type) => type === FrameType.HAPROXY_HELLO);
    const error = expectSpoaError('SPOA_FRAME_UNEXPECTED', () => split(splitter, [bytes]));
    expect(error.facts).toEqual({ type: bytes[4], length: bytes.readUInt32BE() });
  });

  test('the types that may come are asked for once a frame, when its fifth byte is there', () => {
    const asked: number[] = [];
    const splitter = new FrameSplitter(256, (type) => asked.push(type) > 0);
    const bytes = Buffer.concat([frameOf(20, 3), frameOf(20, 2), frameOf(20, 0)]);
    split(splitter, cut(bytes, [...bytes.keys()].slice(1)));
    expect(asked).toEqual([3, 2, 0]);
    asked.length = 0;
    split(splitter, [bytes]);
    expect(asked).toEqual([3, 2, 0]);
  });

  test('a limit that is raised between two frames of one chunk holds for the second', () => {
    const splitter = new FrameSplitter(20, anyType);
    splitter.feed(Buffer.concat([frameOf(20), frameOf(100)]));
    expect(splitter.next()).toBe(true);
    splitter.maxFrameSize = 100;
    expect(splitter.next()).toBe(true);
    expect(splitter.next()).toBe(false);
  });

  test('a stream that is lost stays lost', () => {
    const splitter = new FrameSplitter(256, anyType);
    splitter.feed(Buffer.concat([frameOf(257), frameOf(20)]));
    expectSpoaError('SPOA_FRAME_TOO_BIG', () => splitter.next());
    expectSpoaError('SPOA_FRAME_TOO_BIG', () => splitter.next());
  });
});

describe('properties', () => {
  const streams = fc.array(frames(), { minLength: 1, maxLength: 6, size: 'max' });
  const cutsOf = (length: number): fc.Arbitrary<number[]> =>
    fc.array(fc.nat({ max: length }), { maxLength: 12, size: 'max' });

  test('any cutting of a stream gives the same frames, and holds one frame at most', () => {
    fc.assert(
      fc.property(
        streams.chain((list) => {
          const bytes = Buffer.concat(list.map(encodeFrame));
          return fc.tuple(fc.constant(list), fc.constant(bytes), cutsOf(bytes.length));
        }),
        ([list, bytes, cuts]) => {
          const encoded = list.map((frame) => encodeFrame(frame));
          const largest = Math.max(...encoded.map(({ length }) => length));
          const { frames: found, mostHeld } = split(new FrameSplitter(largest - 4, anyType), cut(bytes, cuts));
          expect(found).toEqual(encoded.map((frame) => frame.subarray(4)));
          expect(mostHeld).toBeLessThan(largest);
        },
      ),
    );
  });

  test('so does a stream that comes byte by byte', () => {
    fc.assert(
      fc.property(streams, (list) => {
        const encoded = list.map((frame) => encodeFrame(frame));
        const bytes = Buffer.concat(encoded);
        const chunks = [...bytes].map((byte) => Buffer.of(byte));
        const { frames: found } = split(new FrameSplitter(1000, anyType), chunks);
        expect(found).toEqual(encoded.map((frame) => frame.subarray(4)));
      }),
      { numRuns: 30 },
    );
  });

  test('any bytes in any pieces give the same frames and the same error, and never hold more than the limit', () => {
    const outcome = (chunks: Buffer[]): unknown => {
      const splitter = new FrameSplitter(64, (type) => type < 128);
      const found: string[] = [];
      try {
        for (const chunk of chunks) {
          splitter.feed(chunk);
          while (splitter.next()) found.push(splitter.bytes.toString('hex', splitter.start, splitter.end));
          expect(splitter.heldLength).toBeLessThan(64 + 4);
        }
      } catch (error) {
        return [found, (error as { code?: string }).code ?? error];
      }
      return [found, splitter.heldLength];
    };
    const plausible = fc
      .tuple(fc.nat({ max: 80 }), fc.uint8Array({ maxLength: 90 }))
      .map(([length, bytes]) => Buffer.concat([Buffer.of(0, 0, 0, length), bytes]));
    const bytes = fc.array(fc.oneof(plausible, fc.uint8Array({ maxLength: 20 })), { maxLength: 5 }).map(Buffer.concat);
    fc.assert(
      fc.property(
        bytes.chain((all) => fc.tuple(fc.constant(all), cutsOf(all.length))),
        ([all, cuts]) => {
          expect(outcome(cut(all, cuts))).toEqual(outcome([all]));
        },
      ),
      { numRuns: 1000 },
    );
  });
});
