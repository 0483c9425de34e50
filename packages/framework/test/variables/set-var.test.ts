import { decodeFrame, IpAddress } from '@spoa/core';
import { describe, expect, test } from 'vitest';
import {
  bin,
  defineMessage,
  int32,
  int64,
  ipv4,
  ipv6,
  SetVar,
  SpoeMessage,
  str,
  uint32,
  uint64,
} from '../../src/index.ts';
import { FORMS, type Form } from '../support/forms.ts';
import { message, startApplication } from '../support/test-application.ts';

/** set-var, 3 arguments, scope session, the name `v`. */
const SET_V = '01030101' + '76';
const UNSET_V = '02020101' + '76';

/** What is returned and the typed data that must be on the wire for it, in hex. */
const VALUES: readonly [what: string, value: unknown, bytes: string][] = [
  ['true', true, '11'],
  ['false', false, '01'],
  ['0', 0, '0200'],
  ['-0', -0, '0200'],
  ['a small integer', 239, '02ef'],
  ['the first integer of two bytes', 240, '02f000'],
  ['a negative integer', -1, varint(2, -1n)],
  ['the largest INT32', 2 ** 31 - 1, varint(2, 2n ** 31n - 1n)],
  ['the smallest INT32', -(2 ** 31), varint(2, -(2n ** 31n))],
  ['one above INT32', 2 ** 31, varint(4, 2n ** 31n)],
  ['one below INT32', -(2 ** 31) - 1, varint(4, -(2n ** 31n) - 1n)],
  ['the largest safe integer', 2 ** 53 - 1, varint(4, 2n ** 53n - 1n)],
  ['a small bigint', 1n, '0401'],
  ['the largest INT64', 2n ** 63n - 1n, varint(4, 2n ** 63n - 1n)],
  ['one above INT64', 2n ** 63n, varint(5, 2n ** 63n)],
  ['the largest UINT64', 2n ** 64n - 1n, varint(5, 2n ** 64n - 1n)],
  ['the smallest INT64', -(2n ** 63n), varint(4, -(2n ** 63n))],
  ['an empty string', '', '0800'],
  ['text', 'tëxt', '080574c3ab7874'],
  ['bytes', Buffer.from([1, 2, 3]), '0903010203'],
  ['a Uint8Array', new Uint8Array([4, 5]), '09020405'],
  ['an IPv4 address', IpAddress.v4(0xc0000201), '06c0000201'],
  ['an IPv6 address', IpAddress.v6(0x20010db8, 0, 0, 1), `0720010db8${'00'.repeat(11)}01`],
  ['int32', int32(7), '0207'],
  ['uint32', uint32(7), '0307'],
  ['int64', int64(7), '0407'],
  ['uint64', uint64(7), '0507'],
  ['uint64 beyond 2^63', uint64(2n ** 64n - 1n), varint(5, 2n ** 64n - 1n)],
  ['ipv4 of text', ipv4('192.0.2.1'), '06c0000201'],
  ['ipv6 of text', ipv6('::1'), `07${'00'.repeat(15)}01`],
  ['str of bytes', str(Buffer.from([0xff, 0x00])), '0802ff00'],
  ['bin of text', bin('é'), '0902c3a9'],
  ['str of a long text', str('x'.repeat(300)), `08fc03${'78'.repeat(300)}`],
];

/** A type and a varint as the specification defines it, in hex: worked out here, not by our encoder. */
function varint(type: number, integer: bigint): string {
  const bytes = [type];
  let rest = BigInt.asUintN(64, integer);
  if (rest < 240n) return Buffer.from([type, Number(rest)]).toString('hex');
  bytes.push(Number((rest & 0xffn) | 0xf0n));
  rest = (rest - 240n) >> 4n;
  while (rest >= 128n) {
    bytes.push(Number((rest & 0xffn) | 0x80n));
    rest = (rest - 128n) >> 7n;
  }
  bytes.push(Number(rest));
  return Buffer.from(bytes).toString('hex');
}

/** The payload of the ACK for a message whose handler returns `value`, in hex, and the failures. */
async function acknowledged(form: Form, result: () => unknown) {
  const { app, notify, sent, log } = await startApplication({ controllers: [form.sets(result)] });
  const before = sent().length;
  await notify(message('m'));
  const { payload } = decodeFrame(sent().subarray(before));
  return { hex: payload.toString('hex'), failures: Object.fromEntries(app.failures), log };
}

describe.each(FORMS)('$name sets a variable to', (form) => {
  test.each(VALUES)('%s', async (_what, value, bytes) => {
    expect(await acknowledged(form, () => value)).toMatchObject({ hex: SET_V + bytes, failures: {} });
  });

  test.each(VALUES)('%s, later', async (_what, value, bytes) => {
    expect(await acknowledged(form, () => Promise.resolve(value))).toMatchObject({ hex: SET_V + bytes, failures: {} });
  });

  test('nothing: null unsets it, undefined leaves it alone', async () => {
    expect(await acknowledged(form, () => null)).toMatchObject({ hex: UNSET_V, failures: {} });
    expect(await acknowledged(form, () => Promise.resolve(null))).toMatchObject({ hex: UNSET_V, failures: {} });
    expect(await acknowledged(form, () => undefined)).toMatchObject({ hex: '', failures: {} });
    expect(await acknowledged(form, () => Promise.resolve(undefined))).toMatchObject({ hex: '', failures: {} });
  });
});

class Unprintable {
  readonly secret = 'S3CRET';
  toString(): string {
    return this.secret;
  }
}

/** What no variable can hold. */
const INVALID: readonly [what: string, value: unknown, words: string][] = [
  ['a float', 0.5, 'not an integer'],
  ['NaN', Number.NaN, 'not an integer'],
  ['Infinity', Number.POSITIVE_INFINITY, 'not an integer'],
  ['an unsafe number', 2 ** 53, 'not a safe integer'],
  ['a bigint above 64 bits', 2n ** 64n, 'UINT64'],
  ['a bigint below 64 bits', -(2n ** 63n) - 1n, 'INT64'],
  ['an object', { secret: 'S3CRET' }, 'object of class Object'],
  ['an object without a class', Object.assign(Object.create(null), { secret: 'S3CRET' }), 'object'],
  ['an array', ['S3CRET'], 'object of class Array'],
  ['an object of a class', new Unprintable(), 'object of class Unprintable'],
  ['a Date', new Date(0), 'object of class Date'],
  ['a symbol', Symbol('S3CRET'), 'symbol'],
  ['a function', () => 'S3CRET', 'function'],
];

describe.each(FORMS)('$name fails for', (form) => {
  test.each(INVALID)('%s, naming the variable', async (_what, value, words) => {
    for (const result of [() => value, () => Promise.resolve(value)]) {
      const { hex, failures, log } = await acknowledged(form, result);
      expect(hex).toBe('');
      expect(failures).toEqual({ 'm SPOA_VARIABLE_INVALID': 1 });
      expect(log.loud).toHaveLength(1);
      expect(log.loud[0]?.err).toMatchObject({
        code: 'SPOA_VARIABLE_INVALID',
        facts: { scope: 'session', variable: 'v' },
      });
      expect(log.loud[0]?.err?.message).toContain('session variable v');
      expect(log.loud[0]?.err?.message).toContain(words);
      expect(log.texts().join()).not.toContain('S3CRET');
    }
  });
});

test('a value that is too big for the frame fails as such, and takes no memory', async () => {
  for (const form of FORMS) {
    const { hex, failures, log } = await acknowledged(form, () => 'S3CRET'.repeat(10_000));
    expect(hex).toBe('');
    expect(failures).toEqual({ 'm SPOA_ACK_TOO_BIG': 1 });
    expect(log.loud[0]?.err?.message).toContain('session variable v');
    expect(log.texts().join()).not.toContain('S3CRET');
  }
});

test('a value that fills the frame to the last byte is sent, and one byte more is too big', async () => {
  const controllers = [
    defineMessage({
      name: 'm',
      args: { size: 'number' },
      vars: { v: 'session' },
      handle: ({ size }) => ({ v: 'x'.repeat(size) }),
    }),
  ];
  const { app, engine, notify } = await startApplication({ controllers }, { maxFrameSize: 300, capabilities: [] });
  const sent: number[] = [];
  for (let size = 260; size <= 300; size++) {
    const { actions } = await notify(message('m', ['size', size]));
    if (actions.length > 0) sent.push(size);
  }
  // 7 bytes before the actions, 5 before the value, 3 before the text, and one that HAProxy must keep free.
  expect(sent).toEqual(Array.from({ length: 25 }, (_, i) => 260 + i));
  expect(Object.fromEntries(app.failures)).toEqual({ 'm SPOA_ACK_TOO_BIG': 16 });
  expect(engine.violations).toEqual([]);
});

test.each(['process', 'session', 'transaction', 'request', 'response'] as const)('the scope %s', async (scope) => {
  @SpoeMessage('m')
  class Scoped {
    @SetVar('v', { scope })
    handle(): number {
      return 1;
    }
  }
  const { notify } = await startApplication({ controllers: [Scoped] });
  expect((await notify(message('m'))).actions).toEqual([{ type: 'set-var', scope, name: 'v', value: 1 }]);
});
