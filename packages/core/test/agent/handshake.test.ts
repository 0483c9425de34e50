import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  agree,
  encodeHaproxyHello,
  FrameType,
  type HaproxyHello,
  int32,
  int64,
  uint32,
  uint64,
  type WritableValue,
} from '../../src/index.ts';
import { expectSpoaError } from '../wire/expect-spoa-error.ts';
import { HELLO, items, notify, OLD_HELLO, type RawClient, rawFrame } from './support/raw-client.ts';
import { startAgent } from './support/test-agent.ts';

const MIB = 1024 * 1024;
const hello = (changes: Partial<HaproxyHello>): HaproxyHello => ({ ...HELLO, ...changes });

describe('S2-21 what is agreed on', () => {
  test.each([[['2.0']], [['2.0', '1.0']], [['1.0', '2.0']], [['2.1']], [['2.15']], [['x', '', '2.0']]])(
    'versions %j hold 2.0',
    (supportedVersions) => {
      expect(agree(hello({ supportedVersions }), MIB).hello.version).toBe('2.0');
    },
  );

  test.each([
    [[]],
    [['1.0']],
    [['3.0']],
    [['2']],
    [['2.']],
    [['2.0.1']],
    [['02.0']],
    [['20']],
    [['2.0 beta']],
    [['2.x']],
    [['-2.0']],
  ])('versions %j do not', (supportedVersions) => {
    const error = expectSpoaError('SPOA_VERSION_UNSUPPORTED', () => agree(hello({ supportedVersions }), MIB));
    expect(error.status).toBe(8);
  });

  test.each([
    [256, 16380, 256],
    [257, 256, 256],
    [16380, MIB, 16380],
    [16380, 16380, 16380],
    [16380, 16379, 16379],
    [2 ** 32 - 1, MIB, MIB],
  ])('of %d announced and %d of ours, %d is agreed on', (maxFrameSize, own, agreed) => {
    const agreement = agree(hello({ maxFrameSize }), own);
    expect(agreement.maxFrameSize).toBe(agreed);
    expect(agreement.hello.maxFrameSize).toBe(agreed);
  });

  test.each([255, 1, 0, -1, 2 ** 32, 2 ** 53 - 1])('a max-frame-size of %d is out of range', (maxFrameSize) => {
    const error = expectSpoaError('SPOA_MAX_FRAME_SIZE_INVALID', () => agree(hello({ maxFrameSize }), MIB));
    expect(error.status).toBe(9);
  });

  test('frames as large as announced are taken all the same: HAProxy 3.1.0 to 3.1.6 send them', () => {
    expect(agree(hello({ maxFrameSize: 16380 }), 256).maxReceivedFrameSize).toBe(16380);
    expect(agree(hello({ maxFrameSize: 16380 }), MIB).maxReceivedFrameSize).toBe(16380);
    expect(agree(hello({ maxFrameSize: 2 ** 32 - 1 }), 256).maxReceivedFrameSize).toBe(MIB);
    expect(agree(hello({ maxFrameSize: 2 ** 32 - 1 }), 2 * MIB).maxReceivedFrameSize).toBe(2 * MIB);
  });

  test.each([
    [[], []],
    [['pipelining'], ['pipelining']],
    [
      ['pipelining', 'async'],
      ['pipelining', 'fragmentation'],
    ],
    [
      ['async', 'pipelining'],
      ['pipelining', 'fragmentation'],
    ],
    [['async'], ['fragmentation']],
    [['PIPELINING'], []],
    [['pipelining2', 'xpipelining', 'fragmentation2', ''], []],
    [['unknown', 'pipelining', 'unknown'], ['pipelining']],
    [['pipelining', 'pipelining'], ['pipelining']],
  ])('of capabilities %j, %j are ours too', (capabilities, ours) => {
    expect(agree(hello({ capabilities }), MIB).hello.capabilities).toEqual(ours);
  });

  test('async is never announced: ACKs leave on the connection of their NOTIFY', () => {
    expect(agree(OLD_HELLO, MIB).hello.capabilities).not.toContain('async');
  });

  test('fragmentation answers async, the mark of the HAProxys that fragment without saying so', () => {
    expect(agree(OLD_HELLO, MIB).fragmentation).toBe(true);
    expect(agree(HELLO, MIB).fragmentation).toBe(false);
  });

  test('a health check is one only where it says true', () => {
    expect(agree(hello({ healthcheck: true }), MIB).healthcheck).toBe(true);
    expect(agree(hello({ healthcheck: false }), MIB).healthcheck).toBe(false);
    expect(agree(HELLO, MIB).healthcheck).toBe(false);
  });

  test('the engine-id may be missing', () => {
    const { engineId: _, ...anonymous } = HELLO;
    expect(agree(anonymous, MIB).engineId).toBeUndefined();
    expect(agree(HELLO, MIB).engineId).toBe(HELLO.engineId);
  });

  test('whatever is announced, the answer is within it or an error', () => {
    const announced = fc.record({
      supportedVersions: fc.array(fc.oneof(fc.constantFrom('2.0', '1.0', '2.1'), fc.string())),
      maxFrameSize: fc.integer({ min: -1, max: 2 ** 33 }),
      capabilities: fc.array(fc.oneof(fc.constantFrom('pipelining', 'async', 'fragmentation'), fc.string())),
      healthcheck: fc.boolean(),
    });
    fc.assert(
      fc.property(announced, fc.integer({ min: 256, max: 2 ** 31 - 1 }), (hello, own) => {
        let agreement: ReturnType<typeof agree>;
        try {
          agreement = agree(hello, own);
        } catch (error) {
          return ['SPOA_VERSION_UNSUPPORTED', 'SPOA_MAX_FRAME_SIZE_INVALID'].includes((error as { code: string }).code);
        }
        const { maxFrameSize, capabilities } = agreement.hello;
        expect(maxFrameSize).toBeGreaterThanOrEqual(256);
        expect(maxFrameSize).toBeLessThanOrEqual(Math.min(hello.maxFrameSize, own));
        expect(capabilities.includes('pipelining')).toBe(hello.capabilities.includes('pipelining'));
        return true;
      }),
    );
  });
});

describe('HAPROXY-HELLO on the wire', () => {
  const GOOD: readonly (readonly [string, WritableValue])[] = [
    ['supported-versions', '2.0'],
    ['max-frame-size', uint32(16380)],
    ['capabilities', 'pipelining'],
    ['engine-id', 'e'],
  ];

  /** Sends a HELLO with `list` as its items. */
  async function greet(list: readonly (readonly [string, WritableValue])[]): Promise<RawClient> {
    const test = await startAgent((request) => request.setVar('session', 'engine', request.engineId ?? null));
    const client = await test.connect();
    client.send(rawFrame(FrameType.HAPROXY_HELLO, items(...list)));
    return client;
  }

  const replaced = (name: string, value: WritableValue) =>
    GOOD.map((item) => (item[0] === name ? ([name, value] as const) : item));
  const without = (name: string) => GOOD.filter((item) => item[0] !== name);

  test.each([
    ['its own order', GOOD],
    ['another order', GOOD.toReversed()],
    [
      'unknown items between',
      [['foo', 1], ...GOOD.flatMap((item) => [item, ['x-y', null] as const]), ['__proto__', 'x']],
    ],
    ['spaces in the lists', [...GOOD, ['supported-versions', ' 1.0 , 2.0 '], ['capabilities', '  pipelining ,  ']]],
    ['the last of two counting', [['max-frame-size', 1], ['supported-versions', '9.9'], ...GOOD]],
    ['an empty capability', [...GOOD, ['capabilities', ',pipelining,,']]],
    ['healthcheck false', [...GOOD, ['healthcheck', false]]],
    ['the size as INT32', replaced('max-frame-size', int32(16380))],
    ['the size as INT64', replaced('max-frame-size', int64(16380))],
    ['the size as UINT64', replaced('max-frame-size', uint64(16380))],
  ] as [string, [string, WritableValue][]][])('is understood with %s', async (_, list) => {
    const client = await greet(list);
    expect(await client.agentHello()).toEqual({ version: '2.0', maxFrameSize: 16380, capabilities: ['pipelining'] });
    client.notify(1);
    expect((await client.ack()).actions).toMatchObject([{ value: 'e' }]);
  });

  test.each([
    ['no supported-versions', without('supported-versions'), 5],
    ['no max-frame-size', without('max-frame-size'), 6],
    ['no capabilities', without('capabilities'), 7],
    ['nothing', [], 5],
    ['a version that is not spoken', replaced('supported-versions', '1.0'), 8],
    ['an empty version', replaced('supported-versions', ''), 8],
    ['a size below 256', replaced('max-frame-size', uint32(255)), 9],
    ['a negative size', replaced('max-frame-size', int64(-1)), 9],
    ['a version that is no string', replaced('supported-versions', 2), 4],
    ['a version that is binary', replaced('supported-versions', Buffer.from('2.0')), 4],
    ['a size that is no integer', replaced('max-frame-size', '16380'), 4],
    ['a size beyond all integers', replaced('max-frame-size', uint64(2n ** 64n - 1n)), 9],
    ['a NULL size', replaced('max-frame-size', null), 4],
    ['capabilities that are no string', replaced('capabilities', true), 4],
    ['an engine-id that is no string', replaced('engine-id', 7), 4],
  ] as [string, [string, WritableValue][], number][])('is refused with %s', async (_, list, status) => {
    const client = await greet(list);
    expect((await client.disconnect()).statusCode).toBe(status);
  });

  test('is refused with half an item', async () => {
    const test = await startAgent();
    const client = await test.connect();
    const whole = items(...GOOD);
    client.send(rawFrame(FrameType.HAPROXY_HELLO, whole.subarray(0, whole.length - 1)));
    expect((await client.disconnect()).statusCode).toBe(4);
    expect(test.log.loud).toHaveLength(1);
    expect(test.log.loud[0]).toMatchObject({ level: 'warn', facts: { code: 'SPOA_TRUNCATED', status: 4 } });
  });

  test('AGENT-HELLO leaves in one write', async () => {
    const { client, writes } = (await startAgent()).pair();
    await client.hello();
    expect(writes).toHaveLength(1);
  });

  test('a health check gets AGENT-HELLO with capabilities, in one write, and nothing after it', async () => {
    const test = await startAgent();
    const { client, writes } = test.pair();
    const { engineId: _, ...anonymous } = HELLO;
    client.send(encodeHaproxyHello({ ...anonymous, capabilities: [], healthcheck: true }));
    expect(await client.agentHello()).toEqual({ version: '2.0', maxFrameSize: 16380, capabilities: [] });
    await client.end();
    expect(writes).toHaveLength(1);
    expect(writes[0]?.toString('latin1')).toContain('capabilities');
  });

  test('what follows a health check is not answered', async () => {
    const test = await startAgent();
    const client = await test.connect();
    client.send(encodeHaproxyHello({ ...HELLO, healthcheck: true }), notify(1), notify(3));
    await client.agentHello();
    await client.end();
    expect(test.log.loud).toEqual([]);
  });

  test('a NOTIFY in the same packet is answered', async () => {
    const test = await startAgent();
    const client = await test.connect();
    client.send(encodeHaproxyHello(HELLO), notify(1));
    await client.agentHello();
    expect(await client.ack()).toMatchObject({ streamId: 1 });
  });
});
