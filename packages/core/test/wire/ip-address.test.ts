import { isIP } from 'node:net';
import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { describe, expect, test } from 'vitest';
import { IpAddress } from '../../src/index.ts';
import { addresses } from './arbitraries.ts';

function bytesOf({ family, w0, w1, w2, w3 }: IpAddress): number[] {
  const words = family === 4 ? [w0] : [w0, w1, w2, w3];
  return words.flatMap((word) => [word >>> 24, (word >>> 16) & 255, (word >>> 8) & 255, word & 255]);
}

describe('text of RFC 5952', () => {
  test.each([
    ['127.0.0.1', '127.0.0.1'],
    ['0.0.0.0', '0.0.0.0'],
    ['255.255.255.255', '255.255.255.255'],
    ['::', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['2001:DB8::1', '2001:db8::1'],
    ['2001:0db8:0000:0000:0000:0000:0000:0001', '2001:db8::1'],
    // One group of zeros is not shortened, of two runs the longer is, of equal ones the first.
    ['2001:db8::1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['::2:3:4:5:6:7:8', '0:2:3:4:5:6:7:8'],
    ['fe80:0:0:0:0:0:0:0', 'fe80::'],
    ['::ffff:192.0.2.1', '::ffff:192.0.2.1'],
    ['::ffff:c000:201', '::ffff:192.0.2.1'],
    ['::192.0.2.1', '::c000:201'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
    ['1:2:3:4:5:6:1.2.3.4', '1:2:3:4:5:6:102:304'],
  ])('%s is %s', (text, canonical) => {
    expect(IpAddress.parse(text)?.toString()).toBe(canonical);
    expect(JSON.stringify({ ip: IpAddress.parse(text) })).toBe(`{"ip":"${canonical}"}`);
  });
});

test.each([
  '',
  ' ',
  '.',
  ':',
  ':::',
  '1',
  '1.2.3',
  '1.2.3.4.5',
  '1.2.3.256',
  '01.2.3.4',
  '1.2.3.4 ',
  ' 1.2.3.4',
  '1.2.3.4\n',
  '0x1.2.3.4',
  '1.2.3.-4',
  '1.2.3.4/32',
  '1::2::3',
  '1:2:3:4:5:6:7',
  '1:2:3:4:5:6:7:8:9',
  '1:2:3:4:5:6:7:8::',
  '::1:2:3:4:5:6:7:8',
  '1:2:3:4::5:6:7:8',
  ':1::2',
  '1::2:',
  '12345::',
  'g::',
  '::1.2.3',
  '::1.2.3.4:5',
  '1.2.3.4::',
  '1:2:3:4:5:6:7:1.2.3.4',
  '::01.2.3.4',
  '[::1]',
  '::1/128',
  '\u0661.2.3.4',
  '::\uff11',
])('%j is no address', (text) => {
  expect(isIP(text)).toBe(0);
  expect(IpAddress.parse(text)).toBeUndefined();
});

test('a zone is not part of an address: SPOP has no place for it', () => {
  expect(IpAddress.parse('fe80::1%eth0')).toBeUndefined();
});

test('words are unsigned however they are given', () => {
  expect(IpAddress.v4(-1).w0).toBe(0xffff_ffff);
  const { w0, w1, w2, w3 } = IpAddress.v6(-1, 2 ** 31, -(2 ** 31), 0);
  expect([w0, w1, w2, w3]).toEqual([0xffff_ffff, 2 ** 31, 2 ** 31, 0]);
});

test('equals: the same family and the same bits', () => {
  expect(IpAddress.v4(1).equals(IpAddress.v4(1))).toBe(true);
  expect(IpAddress.v4(1).equals(IpAddress.v6(1, 0, 0, 0))).toBe(false);
  for (const other of [
    IpAddress.v6(9, 2, 3, 4),
    IpAddress.v6(1, 9, 3, 4),
    IpAddress.v6(1, 2, 9, 4),
    IpAddress.v6(1, 2, 3, 9),
  ]) {
    expect(IpAddress.v6(1, 2, 3, 4).equals(other)).toBe(false);
  }
});

test('an IPv4 address that is mapped into IPv6 is found as IPv4, and no other is changed', () => {
  expect(String(IpAddress.parse('::ffff:192.0.2.1')?.unmapped)).toBe('192.0.2.1');
  for (const text of [
    '192.0.2.1',
    '2001:db8::1',
    '::192.0.2.1',
    '::fffe:c000:201',
    '1::ffff:c000:201',
    '0:1::ffff:c000:201',
  ]) {
    const address = IpAddress.parse(text);
    expect(address?.unmapped).toBe(address);
  }
});

describe('properties', () => {
  test('text is read back, is an address to Node.js, and the same to ipaddr.js', () => {
    fc.assert(
      fc.property(addresses(), (address) => {
        const text = address.toString();
        expect(isIP(text)).toBe(address.family);
        expect(IpAddress.parse(text)?.equals(address)).toBe(true);
        expect(ipaddr.parse(text).toByteArray()).toEqual(bytesOf(address));
        const other = ipaddr.fromByteArray(bytesOf(address));
        const mapped = other instanceof ipaddr.IPv6 && other.isIPv4MappedAddress();
        if (!mapped) expect(text).toBe(other instanceof ipaddr.IPv6 ? other.toRFC5952String() : other.toString());
        for (const form of [text.toUpperCase(), other.toNormalizedString()]) {
          expect(IpAddress.parse(form)?.equals(address)).toBe(true);
        }
      }),
      { numRuns: 1000 },
    );
  });

  test('what is an address to Node.js is one to us, with the bytes that ipaddr.js finds, and nothing else is', () => {
    const group = fc.stringMatching(/^[0-9a-fA-F]{0,5}$/);
    const piece = fc.oneof(group, fc.constantFrom(':', '::', '.', '0', '1.2.3.4', '255', '256', '01', ' ', 'g', '%'));
    const text = fc.oneof(
      fc.array(piece, { maxLength: 10, size: 'max' }).map((pieces) => pieces.join('')),
      fc.array(group, { minLength: 6, maxLength: 9 }).map((groups) => groups.join(':')),
      fc
        .tuple(fc.array(group, { maxLength: 4 }), fc.array(group, { maxLength: 4 }))
        .map(([a, b]) => `${a.join(':')}::${b.join(':')}`),
      fc.array(fc.nat({ max: 300 }), { minLength: 3, maxLength: 5 }).map((octets) => octets.join('.')),
      fc.ipV4(),
      fc.ipV6(),
      fc.string({ maxLength: 20 }),
    );
    fc.assert(
      fc.property(text, (candidate) => {
        const address = IpAddress.parse(candidate);
        const expected = candidate.includes('%') ? 0 : isIP(candidate);
        expect(address?.family ?? 0).toBe(expected);
        if (address === undefined) return;
        // ipaddr.js takes ::1.2.3.4 for ::ffff:1.2.3.4; by RFC 4291, for inet_pton and in URLs it is ::102:304.
        if (!/^::\d+\./.test(candidate)) expect(bytesOf(address)).toEqual(ipaddr.parse(candidate).toByteArray());
        if (address.family === 6) {
          const { hostname } = new URL(`http://[${candidate}]`);
          expect(bytesOf(address)).toEqual(ipaddr.parse(hostname.slice(1, -1)).toByteArray());
        }
      }),
      { numRuns: 5000 },
    );
  });
});
