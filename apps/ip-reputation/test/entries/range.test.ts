import { IpAddress } from '@spoa/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { prefixesOfRange } from '../../src/entries/range.ts';

const ip = (text: string): IpAddress => IpAddress.parse(text) as IpAddress;
const range = (first: string, last: string) => prefixesOfRange(ip(first), ip(last))?.map(String);

test.each([
  ['1.0.0.0', '1.0.0.255', ['1.0.0.0/24']],
  ['1.0.0.1', '1.0.0.4', ['1.0.0.1/32', '1.0.0.2/31', '1.0.0.4/32']],
  ['0.0.0.0', '255.255.255.255', ['0.0.0.0/0']],
  ['255.255.255.255', '255.255.255.255', ['255.255.255.255/32']],
  ['127.255.255.255', '128.0.0.0', ['127.255.255.255/32', '128.0.0.0/32']],
  ['2001:200::', '2001:200:ffff:ffff:ffff:ffff:ffff:ffff', ['2001:200::/32']],
  ['::', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', ['::/0']],
  ['2001:db8::1', '2001:db8::2', ['2001:db8::1/128', '2001:db8::2/128']],
])('%s to %s', (first, last, prefixes) => {
  expect(range(first, last)).toEqual(prefixes);
});

test('the wrong way round or of two families it is no range', () => {
  expect(range('1.0.0.1', '1.0.0.0')).toBeUndefined();
  expect(range('2001:db8::1', '2001:db8::')).toBeUndefined();
  expect(range('1.0.0.0', '2001:db8::')).toBeUndefined();
});

test('the prefixes cover the range, in order, without gap or overlap', () => {
  const word = fc.integer({ min: 0, max: 0xffffffff });
  const value = (address: IpAddress): bigint =>
    [address.w0, address.w1, address.w2, address.w3].reduce((sum, w) => (sum << 32n) | BigInt(w), 0n);
  const families = fc.oneof(
    fc.tuple(word, word).map(([a, b]) => [IpAddress.v4(Math.min(a, b)), IpAddress.v4(Math.max(a, b))] as const),
    fc
      .tuple(fc.tuple(word, word, word, word), fc.tuple(word, word, word, word))
      .map(([a, b]) => [IpAddress.v6(...a), IpAddress.v6(...b)] as const)
      .map(([a, b]) => (value(a) <= value(b) ? ([a, b] as const) : ([b, a] as const))),
  );
  fc.assert(
    fc.property(families, ([first, last]) => {
      const v4 = first.family === 4;
      const numberOf = (address: IpAddress): bigint => (v4 ? BigInt(address.w0) : value(address));
      let next = numberOf(first);
      const prefixes = prefixesOfRange(first, last) ?? [];
      expect(prefixes.length).toBeLessThanOrEqual(v4 ? 62 : 254);
      for (const { address, length } of prefixes) {
        expect(numberOf(address)).toBe(next);
        next += 1n << BigInt((v4 ? 32 : 128) - length);
      }
      expect(next).toBe(numberOf(last) + 1n);
    }),
  );
});
