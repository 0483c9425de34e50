import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  decodeAgentHello,
  decodeFrame,
  decodeHaproxyHello,
  encodeAgentHello,
  encodeHaproxyHello,
  encodeTypedData,
  int32,
  int64,
  type SpoaErrorCode,
  uint32,
  uint64,
  type WritableValue,
} from '../../src/index.ts';
import { agentHellos, haproxyHellos } from './arbitraries.ts';
import { expectSpoaError } from './expect-spoa-error.ts';

/** A KV-LIST, as a peer could send it. */
function kvList(items: [name: string, value: WritableValue][]): Buffer {
  return Buffer.concat(items.flatMap(([name, value]) => [encodeTypedData(name).subarray(1), encodeTypedData(value)]));
}

type Items = [name: string, value: WritableValue][];

const haproxyItems: Items = [
  ['supported-versions', '2.0'],
  ['max-frame-size', uint32(16380)],
  ['capabilities', 'pipelining,async'],
];
const agentItems: Items = [
  ['version', '2.0'],
  ['max-frame-size', uint32(16380)],
  ['capabilities', 'pipelining'],
];
const without = (items: Items, name: string): Items => items.filter(([key]) => key !== name);
const having = (items: Items, name: string, value: WritableValue): Items =>
  items.map(([key, old]) => [key, key === name ? value : old]);

const sides = [
  ['HAPROXY-HELLO', decodeHaproxyHello, haproxyItems, 'supported-versions'],
  ['AGENT-HELLO', decodeAgentHello, agentItems, 'version'],
] as const;

describe.each(sides)('%s', (_, decode, items, version) => {
  test.each<[name: string, code: SpoaErrorCode]>([
    [version, 'SPOA_VERSION_MISSING'],
    ['max-frame-size', 'SPOA_MAX_FRAME_SIZE_MISSING'],
    ['capabilities', 'SPOA_CAPABILITIES_MISSING'],
  ])('without %s is %s', (name, code) => {
    expectSpoaError(code, () => decode(kvList(without(items, name))));
  });

  test('without any item lacks the version first', () => {
    expectSpoaError('SPOA_VERSION_MISSING', () => decode(Buffer.alloc(0)));
  });

  test.each<[name: string, value: WritableValue]>([
    [version, uint32(2)],
    [version, null],
    [version, Buffer.from('2.0')],
    ['max-frame-size', '16380'],
    ['max-frame-size', true],
    ['max-frame-size', null],
    ['capabilities', uint32(1)],
    ['capabilities', null],
  ])('with a %s of another type is SPOA_TYPE_INVALID, naming the item', (name, value) => {
    const error = expectSpoaError('SPOA_TYPE_INVALID', () => decode(kvList(having(items, name, value))));
    expect(error.facts).toEqual({ item: name });
  });

  test.each([int32(16380), uint32(16380), int64(16380), uint64(16380)])(
    'takes any integer type for its size',
    (size) => {
      expect(decode(kvList(having(items, 'max-frame-size', size))).maxFrameSize).toBe(16380);
    },
  );

  // The handshake judges what a number is worth; beyond 2^53 there is none.
  test.each([2n ** 53n, 2n ** 64n - 1n, -(2n ** 63n)])(
    'a size of %s is out of range, not of the wrong type',
    (size) => {
      const value = size < 0n ? int64(size) : uint64(size);
      expectSpoaError('SPOA_MAX_FRAME_SIZE_INVALID', () => decode(kvList(having(items, 'max-frame-size', value))));
    },
  );

  test('skips unknown items of any type, also those named like something of JavaScript', () => {
    const unknown: Items = [
      ['', 'an empty name'],
      ['__proto__', Buffer.from('x')],
      ['constructor', null],
      ['toString', -1n],
      ['Version', 'case counts'],
      ['max-frame-size ', true],
    ];
    expect(decode(kvList([...unknown, ...items, ...unknown]))).toEqual(decode(kvList(items)));
    expect(Object.getPrototypeOf(decode(kvList([...unknown, ...items])))).toBe(Object.prototype);
  });

  test('of an item that comes twice the last counts', () => {
    const twice: Items = [['max-frame-size', uint32(1)], ['capabilities', 'x'], ...items];
    expect(decode(kvList(twice))).toEqual(decode(kvList(items)));
  });

  test('spaces and empty entries in the lists do not count', () => {
    const spaced = having(items, 'capabilities', ' pipelining , async,, fragmentation ,');
    expect(decode(kvList(spaced)).capabilities).toEqual(['pipelining', 'async', 'fragmentation']);
    expect(decode(kvList(having(items, 'capabilities', ''))).capabilities).toEqual([]);
    expect(decode(kvList(having(items, version, ' 2.0 ')))).toEqual(decode(kvList(items)));
  });

  test('cut anywhere inside an item is SPOA_TRUNCATED', () => {
    const bytes = kvList(items);
    const ends = items.map((__, i) => kvList(items.slice(0, i)).length);
    for (let end = 0; end < bytes.length; end++) {
      if (!ends.includes(end)) expectSpoaError('SPOA_TRUNCATED', () => decode(bytes.subarray(0, end)));
    }
  });

  test('an item of a reserved type is SPOA_TYPE_INVALID', () => {
    const reserved = Buffer.concat([kvList(items), Buffer.of(1, 0x78, 0x0a)]);
    expectSpoaError('SPOA_TYPE_INVALID', () => decode(reserved));
  });
});

describe('HAPROXY-HELLO', () => {
  test('healthcheck counts only when it is true: FALSE is to be ignored', () => {
    const hello = (value: WritableValue) => decodeHaproxyHello(kvList([...haproxyItems, ['healthcheck', value]]));
    expect(hello(true).healthcheck).toBe(true);
    expect(hello(false)).not.toHaveProperty('healthcheck');
    expect(hello(1)).not.toHaveProperty('healthcheck');
    expect(hello('true')).not.toHaveProperty('healthcheck');
  });

  test('an engine-id is text', () => {
    expect(decodeHaproxyHello(kvList([...haproxyItems, ['engine-id', 'e']])).engineId).toBe('e');
    expect(decodeHaproxyHello(kvList(haproxyItems))).not.toHaveProperty('engineId');
    expectSpoaError('SPOA_TYPE_INVALID', () => decodeHaproxyHello(kvList([...haproxyItems, ['engine-id', 5]])));
  });

  test('several versions stay in order', () => {
    const hello = decodeHaproxyHello(kvList(having(haproxyItems, 'supported-versions', '1.0, 2.0,3.1')));
    expect(hello.supportedVersions).toEqual(['1.0', '2.0', '3.1']);
  });
});

test.each([-1, 0.5, 2 ** 32, Number.NaN])('a max-frame-size of %s is not written', (maxFrameSize) => {
  const refused = (action: () => unknown): void => {
    expectSpoaError(Number.isInteger(maxFrameSize) ? 'SPOA_VALUE_OUT_OF_RANGE' : 'SPOA_VALUE_INVALID', action);
  };
  refused(() => encodeAgentHello({ version: '2.0', maxFrameSize, capabilities: [] }));
  refused(() => encodeHaproxyHello({ supportedVersions: ['2.0'], maxFrameSize, capabilities: [] }));
});

describe('properties', () => {
  test('a HAPROXY-HELLO is read back', () => {
    fc.assert(
      fc.property(haproxyHellos(), (hello) => {
        const { payload, ...header } = decodeFrame(encodeHaproxyHello(hello));
        expect(header).toEqual({ type: 1, flags: 1, streamId: 0, frameId: 0 });
        expect(decodeHaproxyHello(payload)).toEqual(hello);
      }),
    );
  });

  test('an AGENT-HELLO is read back', () => {
    fc.assert(
      fc.property(agentHellos(), (hello) => {
        const { payload, ...header } = decodeFrame(encodeAgentHello(hello));
        expect(header).toEqual({ type: 101, flags: 1, streamId: 0, frameId: 0 });
        expect(decodeAgentHello(payload)).toEqual(hello);
      }),
    );
  });
});
