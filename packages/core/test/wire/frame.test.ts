import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeFrame, encodeFrame, FrameFlag, FrameType, MIN_FRAME_LENGTH } from '../../src/index.ts';
import { frames } from './arbitraries.ts';
import { expectSpoaError } from './expect-spoa-error.ts';

test('a frame is LENGTH, type, flags, ids and payload', () => {
  const frame = { type: FrameType.NOTIFY, flags: FrameFlag.FIN, streamId: 300, frameId: 1, payload: Buffer.of(0xab) };
  const bytes = Buffer.from('00000009030000 0001fc0301ab'.replace(' ', ''), 'hex');
  expect(encodeFrame(frame)).toEqual(bytes);
  expect(decodeFrame(bytes)).toEqual(frame);
});

test('a frame without payload is the shortest', () => {
  const bytes = encodeFrame({ type: FrameType.ACK, flags: FrameFlag.FIN, streamId: 0, frameId: 0 });
  expect(bytes.readUInt32BE()).toBe(MIN_FRAME_LENGTH);
  expect(decodeFrame(bytes).payload.length).toBe(0);
});

test('all 32 flags are kept, unsigned', () => {
  const frame = { type: 255, flags: 0xffff_ffff, streamId: 1, frameId: 1, payload: Buffer.alloc(0) };
  expect(decodeFrame(encodeFrame(frame))).toEqual(frame);
});

describe('S2-06 lengths', () => {
  const whole = encodeFrame({ type: FrameType.ACK, flags: 1, streamId: 1, frameId: 1, payload: Buffer.alloc(20) });

  test('every beginning of a frame is SPOA_TRUNCATED', () => {
    for (let end = 0; end < whole.length; end++) {
      expectSpoaError('SPOA_TRUNCATED', () => decodeFrame(whole.subarray(0, end)));
    }
  });

  test('a byte behind the frame is SPOA_FRAME_INVALID', () => {
    expectSpoaError('SPOA_FRAME_INVALID', () => decodeFrame(Buffer.concat([whole, Buffer.of(0)])));
  });

  test.each([0, 1, 6])('a LENGTH of %s is SPOA_FRAME_INVALID', (length) => {
    const bytes = Buffer.alloc(4 + length);
    bytes.writeUInt32BE(length);
    expectSpoaError('SPOA_FRAME_INVALID', () => decodeFrame(bytes));
    expectSpoaError('SPOA_FRAME_INVALID', () => decodeFrame(Buffer.concat([bytes, Buffer.alloc(20)])));
  });

  test('a LENGTH of 2^32-1 is SPOA_TRUNCATED and takes no memory', () => {
    const bytes = Buffer.from('ffffffff0300000001', 'hex');
    const error = expectSpoaError('SPOA_TRUNCATED', () => decodeFrame(bytes));
    expect(error.facts).toMatchObject({ needed: 0xffff_ffff });
  });

  test('an id may not run over the end of its frame', () => {
    expectSpoaError('SPOA_TRUNCATED', () => decodeFrame(Buffer.from('00000007670000000101f0', 'hex')));
  });
});

test('an id beyond 2^53-1 is SPOA_FRAME_INVALID, one beyond 2^64-1 SPOA_VARINT_INVALID', () => {
  const withId = (id: string): Buffer => Buffer.from(`000000106700000001${id}01`, 'hex');
  expectSpoaError('SPOA_FRAME_INVALID', () => decodeFrame(withId('fff0fefefefefefefe0e')));
  expectSpoaError('SPOA_VARINT_INVALID', () => decodeFrame(withId('ffffffffffffffffff7f')));
});

test.each([-1, 0.5, 2 ** 53, Number.NaN])('an id of %s is not written', (id) => {
  const frame = { type: FrameType.ACK, flags: 1, streamId: 1, frameId: 1 };
  expectSpoaError('SPOA_VALUE_OUT_OF_RANGE', () => encodeFrame({ ...frame, streamId: id }));
  expectSpoaError('SPOA_VALUE_OUT_OF_RANGE', () => encodeFrame({ ...frame, frameId: id }));
});

test('every frame is read back, and its payload is a view', () => {
  fc.assert(
    fc.property(frames(), (frame) => {
      const bytes = encodeFrame(frame);
      expect(bytes.readUInt32BE()).toBe(bytes.length - 4);
      const decoded = decodeFrame(bytes);
      expect(decoded).toEqual(frame);
      expect(decoded.payload.buffer).toBe(bytes.buffer);
      const plain = new Uint8Array(bytes);
      expect(decodeFrame(plain)).toEqual(frame);
    }),
  );
});
