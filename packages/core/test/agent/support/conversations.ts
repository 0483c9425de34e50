import fc from 'fast-check';
import {
  encodeHaproxyDisconnect,
  encodeHaproxyHello,
  encodeNotify,
  encodeNotifyAbort,
  FrameType,
  type WritableMessage,
} from '../../../src/index.ts';
import { HELLO, OLD_HELLO, rawFrame } from './raw-client.ts';

/** One thing that HAProxy says: the frames of it. */
type Part = Buffer[];

const id = fc.oneof({ weight: 6, arbitrary: fc.nat(2) }, fc.maxSafeNat());
const ids = fc.record({ streamId: id, frameId: id });
const value = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.maxSafeInteger(),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
  fc.string({ maxLength: 300 }),
  fc.uint8Array({ maxLength: 300 }),
  fc.integer({ min: 50, max: 400 }).map((length) => 'x'.repeat(length)),
);
const messages: fc.Arbitrary<WritableMessage[]> = fc.array(
  fc.record({
    name: fc.constantFrom('first', 'second', '', 'm'),
    args: fc.array(fc.tuple(fc.constantFrom('a', 'b', ''), value), { maxLength: 4 }),
  }),
  { maxLength: 3 },
);

/** A NOTIFY in one frame. */
const whole: fc.Arbitrary<Part> = fc.tuple(ids, messages).map(([ids, messages]) => encodeNotify(ids, messages));

/** A NOTIFY in fragments: all of them, or HAProxy gives it up in the middle, or just stops, as it does when it is refused. */
const fragmented = (ends: readonly ('whole' | 'abort' | 'stop')[]): fc.Arbitrary<Part> =>
  fc
    .tuple(ids, messages, fc.integer({ min: 20, max: 200 }), fc.constantFrom(...ends))
    .map(([ids, messages, size, end]) => {
      const frames = encodeNotify(ids, messages, 7 + 18 + size);
      if (end === 'whole' || frames.length === 1) return frames;
      return end === 'stop' ? frames.slice(0, -1) : [...frames.slice(0, -1), encodeNotifyAbort(ids)];
    });

/** A frame that may make no sense. */
const odd: fc.Arbitrary<Part> = fc
  .record({
    type: fc.oneof(fc.constantFrom(...Object.values(FrameType)), fc.nat(255)),
    flags: fc.oneof(fc.nat(3), fc.nat()),
    ids,
    payload: fc.oneof(fc.constant(new Uint8Array()), fc.uint8Array({ maxLength: 40 })),
  })
  .map(({ type, flags, ids, payload }) => [rawFrame(type, payload, { flags, ...ids })]);

const bye = [encodeHaproxyDisconnect({ statusCode: 0, message: 'bye' })];

/** All that HAProxy says on one connection: HELLO, NOTIFYs and its goodbye. */
export const conversation: fc.Arbitrary<Buffer> = fc
  .boolean()
  .chain((old) => {
    const part = old ? fc.oneof(whole, fragmented(['whole', 'whole', 'abort'])) : whole;
    return fc
      .array(part, { maxLength: 12 })
      .map((parts) => [[encodeHaproxyHello(old ? OLD_HELLO : HELLO)], ...parts, bye]);
  })
  .map((parts) => Buffer.concat(parts.flat()));

/** What might be said, in any order. */
export const nonsense: fc.Arbitrary<Buffer> = fc
  .tuple(
    fc.option(fc.constantFrom(HELLO, OLD_HELLO), { freq: 10 }),
    fc.array(
      fc.oneof({ weight: 4, arbitrary: whole }, { weight: 8, arbitrary: fragmented(['whole', 'abort', 'stop']) }, odd),
      { maxLength: 12 },
    ),
    fc.boolean(),
  )
  .map(([hello, parts, ends]) =>
    Buffer.concat([...(hello === null ? [] : [encodeHaproxyHello(hello)]), ...parts.flat(), ...(ends ? bye : [])]),
  );

/** `bytes` with some of them changed, left out, doubled, or with others between. */
export const mutated = (bytes: fc.Arbitrary<Buffer>): fc.Arbitrary<Buffer> =>
  fc
    .tuple(
      bytes,
      fc.array(
        fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(3), fc.uint8Array({ minLength: 1, maxLength: 4 })),
        {
          minLength: 1,
          maxLength: 4,
        },
      ),
    )
    .map(([original, changes]) => {
      let result = original;
      for (const [where, how, others] of changes) {
        const at = Math.floor(where * result.length);
        const [before, after] = [result.subarray(0, at), result.subarray(at)];
        if (how === 0) result = Buffer.concat([before, others, after.subarray(others.length)]);
        else if (how === 1) result = Buffer.concat([before, after.subarray(others.length)]);
        else if (how === 2) result = Buffer.concat([before, others, after]);
        else result = Buffer.concat([before, after.subarray(0, 20), after]);
      }
      return result;
    });

/** Ways to cut a stream into pieces: the sizes of the pieces, over and over. */
export const cuts = fc.oneof(
  fc.constant([1]),
  fc.constant([Number.MAX_SAFE_INTEGER]),
  fc.array(fc.integer({ min: 1, max: 600 }), { minLength: 1, maxLength: 20 }),
);

export function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const size = sizes[pieces.length % sizes.length] as number;
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  return pieces;
}
