import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  decodeDisconnect,
  decodeFrame,
  encodeAgentDisconnect,
  encodeHaproxyDisconnect,
  encodeTypedData,
  int64,
  StatusCode,
  uint64,
  type WritableValue,
} from '../../src/index.ts';
import { disconnects, texts } from './arbitraries.ts';
import { expectSpoaError } from './expect-spoa-error.ts';

function payloadOf(...items: [name: string, value: WritableValue][]): Buffer {
  return Buffer.concat(items.flatMap(([name, value]) => [encodeTypedData(name).subarray(1), encodeTypedData(value)]));
}

const messageOf = (message: string): string =>
  decodeDisconnect(decodeFrame(encodeAgentDisconnect({ statusCode: 0, message })).payload).message;

describe('reading', () => {
  test('neither item is insisted on', () => {
    expect(decodeDisconnect(Buffer.alloc(0))).toEqual({ statusCode: 0, message: '' });
    expect(decodeDisconnect(payloadOf(['message', 'm']))).toEqual({ statusCode: 0, message: 'm' });
    expect(decodeDisconnect(payloadOf(['status-code', 8]))).toEqual({ statusCode: 8, message: '' });
  });

  test('unknown items are skipped, of one that comes twice the last counts', () => {
    const payload = payloadOf(['status-code', 1], ['x', null], ['__proto__', 'y'], ['status-code', 2]);
    expect(decodeDisconnect(payload)).toEqual({ statusCode: 2, message: '' });
  });

  test.each<[name: string, value: WritableValue]>([
    ['status-code', '8'],
    ['status-code', null],
    ['status-code', true],
    ['message', 8],
    ['message', Buffer.from('m')],
  ])('a %s of another type is SPOA_TYPE_INVALID', (name, value) => {
    expectSpoaError('SPOA_TYPE_INVALID', () => decodeDisconnect(payloadOf([name, value])));
  });

  test.each([
    [uint64(2n ** 64n - 1n), 2n ** 64n - 1n],
    [int64(-(2n ** 63n)), -(2n ** 63n)],
  ])('a status beyond 2^53 is one of nobody, not a fault of the frame: %#', (value) => {
    expect(decodeDisconnect(payloadOf(['status-code', value], ['message', 'm']))).toEqual({
      statusCode: StatusCode.UNKNOWN,
      message: 'm',
    });
  });

  test('cut inside an item is SPOA_TRUNCATED', () => {
    const payload = payloadOf(['status-code', 8]);
    for (let end = 1; end < payload.length; end++) {
      expectSpoaError('SPOA_TRUNCATED', () => decodeDisconnect(payload.subarray(0, end)));
    }
  });
});

describe('the message is cut to 255 bytes, between characters', () => {
  test.each([
    ['ASCII at the limit', 'x'.repeat(255), 'x'.repeat(255)],
    ['ASCII one over', 'x'.repeat(256), 'x'.repeat(255)],
    ['two bytes a character', 'ü'.repeat(200), 'ü'.repeat(127)],
    ['three bytes a character', '€'.repeat(100), '€'.repeat(85)],
    ['four bytes a character, two UTF-16 units', '\u{1f600}'.repeat(100), '\u{1f600}'.repeat(63)],
    ['a long one', 'y'.repeat(1_000_000), 'y'.repeat(255)],
  ])('%s', (_, message, cut) => {
    expect(messageOf(message)).toBe(cut);
  });

  test('whatever it holds, lone surrogates too', () => {
    const any = fc.array(fc.oneof(texts(200), fc.constantFrom('\ud800', '\udc00')), { maxLength: 6, size: 'max' });
    fc.assert(
      fc.property(any, (parts) => {
        const message = parts.join('');
        const cut = messageOf(message);
        expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(255);
        expect(Buffer.from(message).toString().startsWith(cut)).toBe(true);
        if (Buffer.byteLength(message) > 255) expect(Buffer.byteLength(cut)).toBeGreaterThan(255 - 4);
      }),
    );
  });
});

test.each([-1, 2 ** 32])('a status of %s is not written', (statusCode) => {
  expectSpoaError('SPOA_VALUE_OUT_OF_RANGE', () => encodeAgentDisconnect({ statusCode, message: '' }));
});

test.each([
  ['AGENT-DISCONNECT', encodeAgentDisconnect, 102],
  ['HAPROXY-DISCONNECT', encodeHaproxyDisconnect, 2],
])('%s is read back', (_, encode, type) => {
  fc.assert(
    fc.property(disconnects(), (disconnect) => {
      const { payload, ...header } = decodeFrame(encode(disconnect));
      expect(header).toEqual({ type, flags: 1, streamId: 0, frameId: 0 });
      expect(decodeDisconnect(payload)).toEqual(disconnect);
    }),
  );
});
