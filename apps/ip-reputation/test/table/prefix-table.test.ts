import { IpAddress } from '@spoa/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Prefix } from '../../src/entries/prefix.ts';
import { PrefixTable } from '../../src/table/prefix-table.ts';

const ip = (text: string): IpAddress => IpAddress.parse(text) as IpAddress;
const prefix = (text: string): Prefix => Prefix.parse(text) as Prefix;

function tableOf(...rows: [prefix: string, list: string, score: number, expiresAt?: number][]): PrefixTable {
  const table = new PrefixTable();
  for (const [text, list, score, expiresAt] of rows) {
    table.set(prefix(text), list, score, undefined, expiresAt ?? Number.POSITIVE_INFINITY);
  }
  return table;
}

test('the longest prefix wins, whatever the scores', () => {
  const table = tableOf(['0.0.0.0/0', 'all', 1], ['192.0.2.0/24', 'net', 0], ['192.0.2.7/32', 'host', 90]);
  expect(table.lookup(ip('192.0.2.7'))).toEqual({ score: 90, list: 'host', reason: undefined });
  expect(table.lookup(ip('192.0.2.8'))?.list).toBe('net');
  expect(table.lookup(ip('255.255.255.255'))?.list).toBe('all');
});

test('among lists with the same prefix the lowest score wins, then the name', () => {
  const table = tableOf(['192.0.2.0/24', 'b', 5], ['192.0.2.0/24', 'c', 80], ['192.0.2.0/24', 'a', 5]);
  expect(table.lookup(ip('192.0.2.1'))?.list).toBe('a');
  table.remove(prefix('192.0.2.0/24'), 'a');
  expect(table.lookup(ip('192.0.2.1'))?.list).toBe('b');
  table.set(prefix('192.0.2.0/24'), 'c', 1, 'worse now', Number.POSITIVE_INFINITY);
  expect(table.lookup(ip('192.0.2.1'))).toEqual({ score: 1, list: 'c', reason: 'worse now' });
});

test('an expired entry gives way to the next list, then to the shorter prefix', () => {
  const table = tableOf(['192.0.2.0/24', 'net', 50], ['192.0.2.7', 'soon', 0, 1000], ['192.0.2.7', 'later', 10, 2000]);
  expect(table.lookup(ip('192.0.2.7'))?.list).toBe('soon');
  table.advance(1000);
  expect(table.lookup(ip('192.0.2.7'))?.list).toBe('later');
  table.advance(2000);
  expect(table.lookup(ip('192.0.2.7'))?.list).toBe('net');
});

test('IPv4-mapped IPv6 is IPv4; an IPv6 default does not cover it', () => {
  const table = tableOf(['::/0', 'six', 20], ['192.0.2.0/24', 'four', 30]);
  expect(table.lookup(ip('::ffff:192.0.2.1'))?.list).toBe('four');
  expect(table.lookup(ip('::ffff:198.51.100.1'))).toBeUndefined();
  expect(table.lookup(ip('::fffe:c000:201'))?.list).toBe('six');
  expect(prefix('::ffff:192.0.2.0/120').toString()).toBe('192.0.2.0/24');
});

test('a sweep removes what was not set again, of the lists named', () => {
  const table = tableOf(['192.0.2.0/24', 'a', 1], ['192.0.2.0/24', 'b', 2], ['2001:db8::/32', 'a', 3]);
  const generation = table.beginGeneration();
  table.set(prefix('192.0.2.0/24'), 'a', 1, undefined, Number.POSITIVE_INFINITY);
  for (const _ of table.sweep(generation, new Set(['a'])));
  expect([...table.sizes]).toEqual([
    ['a', 1],
    ['b', 1],
  ]);
  for (const _ of table.sweep(generation));
  expect([...table.sizes]).toEqual([['a', 1]]);
  expect(table.size).toBe(1);
});

// Few distinct bits, so that prefixes nest, collide, and come back; lengths from the whole range.
const words = fc.constantFrom(0, 1, 0x80000000, 0x80000001, 0xffffffff, 0xfffffffe, 0x20010db8, 0xffff);
const addresses = fc.oneof(
  words.map((w) => IpAddress.v4(w)),
  fc.tuple(words, words, words, words).map((w) => IpAddress.v6(...w)),
  words.map((w) => IpAddress.v6(0, 0, 0xffff, w)),
);
const prefixes = fc
  .tuple(addresses, fc.integer({ min: 0, max: 128 }))
  .map(([address, length]) => Prefix.of(address, address.family === 4 ? length % 33 : length));
const lists = fc.constantFrom('a', 'b', 'c');

interface Entry {
  prefix: Prefix;
  list: string;
  score: number;
  expiresAt: number;
}

const operations = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('set' as const),
      prefix: prefixes,
      list: lists,
      score: fc.integer({ min: 0, max: 100 }),
      expiresAt: fc.constantFrom(Number.POSITIVE_INFINITY, 10, 20),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('remove' as const), prefix: prefixes, list: lists }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reload' as const), list: fc.option(lists) }) },
);

function holds(p: Prefix, address: IpAddress): boolean {
  if (p.family !== address.family) return false;
  return Prefix.of(address, p.length).address.equals(p.address);
}

/** The rule as the documentation says it, over all entries. */
function reference(entries: Iterable<Entry>, asked: IpAddress, now: number): Entry | undefined {
  const address = Prefix.of(asked, asked.family === 4 ? 32 : 128).address;
  return [...entries]
    .filter((entry) => entry.expiresAt > now && holds(entry.prefix, address))
    .sort((a, b) => b.prefix.length - a.prefix.length || a.score - b.score || (a.list < b.list ? -1 : 1))[0];
}

test('agrees with the rule applied to all entries, through any changes', () => {
  fc.assert(
    fc.property(
      fc.array(operations, { maxLength: 80 }),
      fc.array(addresses, { minLength: 20, maxLength: 20 }),
      fc.constantFrom(0, 10, 20),
      (changes, asked, now) => {
        const table = new PrefixTable();
        const entries = new Map<string, Entry>();
        table.advance(now);
        for (const change of changes) {
          if (change.kind === 'set') {
            const { prefix, list, score, expiresAt } = change;
            table.set(prefix, list, score, undefined, expiresAt);
            entries.set(`${prefix} ${list}`, { prefix, list, score, expiresAt });
          } else if (change.kind === 'remove') {
            const known = entries.delete(`${change.prefix} ${change.list}`);
            expect(table.remove(change.prefix, change.list)).toBe(known);
          } else {
            // A reload that finds every other entry still there.
            const generation = table.beginGeneration();
            let keep = false;
            for (const [key, entry] of entries) {
              if (change.list !== null && entry.list !== change.list) continue;
              keep = !keep;
              if (keep) table.set(entry.prefix, entry.list, entry.score, undefined, entry.expiresAt);
              else entries.delete(key);
            }
            for (const _ of table.sweep(generation, change.list === null ? undefined : new Set([change.list])));
          }
        }
        expect(table.size).toBe(entries.size);
        for (const address of [...asked, ...[...entries.values()].map((entry) => entry.prefix.address)]) {
          const expected = reference(entries.values(), address, now);
          const found = table.lookup(address);
          expect(found && [found.list, found.score]).toEqual(expected && [expected.list, expected.score]);
        }
      },
    ),
    { numRuns: 500 },
  );
});

test('agrees with the rule for tens of thousands of prefixes added and removed', () => {
  const table = new PrefixTable();
  let state = 1;
  const random = (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const kept = new Map<string, number>();
  for (let i = 0; i < 60_000; i++) {
    const network = Prefix.of(IpAddress.v4(0x0a000000 + random(2 ** 18) * 64), 26);
    if (random(3) === 0) {
      expect(table.remove(network, 'a')).toBe(kept.delete(network.toString()));
    } else {
      table.set(network, 'a', i % 101, undefined, Number.POSITIVE_INFINITY);
      kept.set(network.toString(), i % 101);
    }
  }
  expect(table.size).toBe(kept.size);
  for (let i = 0; i < 2 ** 18; i++) {
    const address = IpAddress.v4(0x0a000000 + i * 64 + 63);
    const expected = kept.get(Prefix.of(address, 26).toString());
    if (table.lookup(address)?.score !== expected) expect.fail(`${address}: not ${expected}`);
  }
});
