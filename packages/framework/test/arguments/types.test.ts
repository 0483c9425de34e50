import { type DataTypeName, IpAddress, int32, int64, ipv4, ipv6, uint32, uint64, type WritableValue } from '@spoa/core';
import { describe, expect, test } from 'vitest';
import { type ArgumentTypeName, defineMessage } from '../../src/index.ts';
import { FORMS, type Form } from '../support/forms.ts';
import { message, startApplication } from '../support/test-application.ts';

const BYTES = Buffer.from([0x00, 0xff, 0x80, 0x41]);
const V4 = IpAddress.v4(0xc0000201);
const V6 = IpAddress.v6(0x20010db8, 0, 0, 1);

/** One value of each type that HAProxy can send, by its wire type. */
const SENT = {
  NULL: null,
  BOOLEAN: true,
  INT32: int32(-5),
  UINT32: uint32(4_000_000_000),
  INT64: int64(-(2 ** 40)),
  UINT64: uint64(2 ** 40),
  IPV4: ipv4('192.0.2.1'),
  IPV6: ipv6('2001:db8::1'),
  STRING: 'tëxt',
  BINARY: BYTES,
} as const satisfies Record<DataTypeName, WritableValue>;

/** What each declared type makes of it; what is not here is refused. */
const ACCEPTED: Record<ArgumentTypeName, Partial<Record<DataTypeName, unknown>>> = {
  string: { STRING: 'tëxt' },
  latin1: { STRING: 'tÃ«xt' },
  number: { INT32: -5, UINT32: 4_000_000_000, INT64: -(2 ** 40), UINT64: 2 ** 40 },
  bigint: { INT32: -5n, UINT32: 4_000_000_000n, INT64: -(2n ** 40n), UINT64: 2n ** 40n },
  boolean: { BOOLEAN: true },
  ip: { IPV4: V4, IPV6: V6 },
  buffer: { STRING: Buffer.from('tëxt'), BINARY: BYTES },
  view: { STRING: Buffer.from('tëxt'), BINARY: BYTES },
  any: {
    NULL: null,
    BOOLEAN: true,
    INT32: -5,
    UINT32: 4_000_000_000,
    INT64: -(2 ** 40),
    UINT64: 2 ** 40,
    IPV4: V4,
    IPV6: V6,
    STRING: 'tëxt',
    BINARY: BYTES,
  },
};

const TYPES = Object.keys(ACCEPTED) as ArgumentTypeName[];
const SPOP_TYPES = Object.keys(SENT) as DataTypeName[];

/** What the handler of an argument `a` of this type gets for each value, and the codes of the failures. */
async function receive(form: Form, type: ArgumentTypeName, values: readonly WritableValue[], optional = false) {
  const seen: unknown[] = [];
  const { app, log, notify } = await startApplication({
    controllers: [form.takes('a', { type, optional }, (value) => seen.push(value))],
  });
  for (const value of values) {
    const { actions } = await notify(message('m', ['a', value]));
    expect(actions).toEqual([]);
  }
  return { seen, failures: Object.fromEntries(app.failures), log };
}

describe.each(FORMS)('$name: an argument declared', (form) => {
  describe.each(TYPES)('%s', (type) => {
    const accepted = SPOP_TYPES.filter((name) => name in ACCEPTED[type]);
    const refused = SPOP_TYPES.filter((name) => name !== 'NULL' && !accepted.includes(name));

    test.each(accepted)('takes %s', async (name) => {
      const { seen, failures } = await receive(form, type, [SENT[name]]);
      expect(seen).toEqual([ACCEPTED[type][name]]);
      expect(failures).toEqual({});
    });

    test.each(refused)('refuses %s with SPOA_ARGUMENT_TYPE, naming both types', async (name) => {
      const { seen, failures, log } = await receive(form, type, [SENT[name]], true);
      expect(seen).toEqual([]);
      expect(failures).toEqual({ 'm SPOA_ARGUMENT_TYPE': 1 });
      expect(log.loud).toHaveLength(1);
      expect(log.loud[0]?.err).toMatchObject({
        code: 'SPOA_ARGUMENT_TYPE',
        facts: { argument: 'a', declared: type, got: name },
      });
      expect(log.loud[0]?.err?.message).toContain(`argument a is declared ${type}`);
    });
  });

  test('number takes all integers up to 2^53-1 either side', async () => {
    const limits = [2 ** 53 - 1, -(2 ** 53 - 1), 0, -1, 2 ** 31, 2 ** 32];
    expect(await receive(form, 'number', limits.map(int64))).toMatchObject({ seen: limits, failures: {} });
  });

  test('number never rounds: beyond 2^53-1 the message fails and names the argument', async () => {
    const beyond = [uint64(2n ** 53n), int64(-(2n ** 53n)), uint64(2n ** 64n - 1n), int64(-(2n ** 63n))];
    const { seen, failures, log } = await receive(form, 'number', beyond);
    expect(seen).toEqual([]);
    expect(failures).toEqual({ 'm SPOA_ARGUMENT_UNSAFE': 4 });
    expect(log.loud[0]?.err).toMatchObject({ code: 'SPOA_ARGUMENT_UNSAFE', facts: { argument: 'a' } });
    expect(log.loud[0]?.err?.message).toContain('argument a');
  });

  test('bigint takes every 64-bit integer exactly, signed and unsigned', async () => {
    const values = [0n, 1n, -1n, 2n ** 53n, -(2n ** 53n), 2n ** 63n - 1n, -(2n ** 63n), 2n ** 64n - 1n];
    const typed = values.map((value) => (value < 2n ** 63n ? int64(value) : uint64(value)));
    expect(await receive(form, 'bigint', typed)).toMatchObject({ seen: values, failures: {} });
  });

  test('any is a number while that is exact and a bigint beyond', async () => {
    const { seen } = await receive(form, 'any', [uint64(2n ** 53n - 1n), uint64(2n ** 53n), false, '']);
    expect(seen).toEqual([2 ** 53 - 1, 2n ** 53n, false, '']);
  });

  test('both booleans arrive', async () => {
    expect((await receive(form, 'boolean', [true, false])).seen).toEqual([true, false]);
  });
});

describe('text is bytes', () => {
  const text = (bytes: number[]) => Buffer.concat([Buffer.from([8, bytes.length]), Buffer.from(bytes)]);

  test.each(FORMS)(
    '$name: what is no UTF-8 is replaced as string, and kept as latin1, buffer and view',
    async (form) => {
      const invalid = [0x61, 0xff, 0xc3, 0x28, 0x62];
      const results: unknown[] = [];
      for (const type of ['string', 'latin1', 'buffer', 'view'] as const) {
        const { engine } = await startApplication({
          controllers: [form.takes(0, { type }, (value) => results.push(Buffer.isBuffer(value) ? [...value] : value))],
        });
        // A payload by hand: our encoder would only write UTF-8.
        const payload = Buffer.concat([Buffer.from([1, 0x6d, 1, 0]), text(invalid)]);
        await engine.notify(payload);
      }
      expect(results).toEqual(['a\ufffd\ufffd(b', 'a\u00ff\u00c3(b', invalid, invalid]);
    },
  );

  test('an empty string and an empty binary are values', async () => {
    for (const form of FORMS) {
      const seen: unknown[] = [];
      const { notify } = await startApplication({
        controllers: [form.takes('a', { type: 'buffer' }, (value) => seen.push(value))],
      });
      await notify(message('m', ['a', '']));
      await notify(message('m', ['a', Buffer.alloc(0)]));
      expect(seen).toEqual([Buffer.alloc(0), Buffer.alloc(0)]);
    }
  });
});

describe('bytes', () => {
  const big = (fill: number) => Buffer.alloc(4100, fill);

  test.each(FORMS)('$name: a buffer is a copy of its own and survives the frames that follow', async (form) => {
    const kept: Buffer[] = [];
    const { notify } = await startApplication({
      controllers: [form.takes('a', { type: 'buffer' }, (value) => kept.push(value as Buffer))],
    });
    for (let i = 0; i < 8; i++) await notify(message('m', ['a', big(i)]));
    expect(kept).toEqual(Array.from({ length: 8 }, (_, i) => big(i)));
    kept[0]?.fill(0xee);
    expect(kept[1]).toEqual(big(1));
  });

  test('two views share the memory of their frame, two buffers have each their own', async () => {
    const [views, buffers]: [Buffer[], Buffer[]] = [[], []];
    const { notify } = await startApplication({
      controllers: [
        defineMessage({
          name: 'views',
          args: { a: 'view', b: 'view' },
          handle: ({ a, b }) => void views.push(a, b),
        }),
        defineMessage({
          name: 'buffers',
          args: { a: 'buffer', b: 'buffer' },
          handle: ({ a, b }) => void buffers.push(a, b),
        }),
      ],
    });
    await notify(message('views', ['a', big(1)], ['b', big(2)]));
    await notify(message('buffers', ['a', big(3)], ['b', big(4)]));
    expect([...views, ...buffers]).toEqual([big(1), big(2), big(3), big(4)]);
    expect(views[0]?.buffer).toBe(views[1]?.buffer);
    buffers[0]?.fill(5);
    expect(buffers).toEqual([big(5), big(4)]);
  });
});
