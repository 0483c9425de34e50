// How fast a look-up is with a million prefixes, and what they cost in memory. After `npm run build`:
//   node --expose-gc apps/ip-reputation/bench/table.mjs [PREFIXES]
import { IpAddress } from '@spoa/core';
import { Prefix } from '../dist/entries/prefix.js';
import { PrefixTable } from '../dist/table/prefix-table.js';

const wanted = Number(process.argv[2] ?? 1_000_000);
let state = 42;
const random32 = () => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return (state ^ (state >>> 15)) >>> 0;
};
// The mix of a routing table with hosts: three of four IPv4, half of these /24, lengths from /12 to /32; IPv6 /29 to /64.
const v4Lengths = [24, 24, 24, 24, 22, 23, 20, 16, 32, 32, 32, 27, 12];
const v6Lengths = [48, 48, 32, 29, 44, 40, 64, 56];
const randomPrefix = (i) =>
  i % 4 === 0
    ? Prefix.of(
        IpAddress.v6(0x20000000 + (random32() % 0x10000000), random32(), 0, 0),
        v6Lengths[random32() % v6Lengths.length],
      )
    : Prefix.of(IpAddress.v4(random32()), v4Lengths[random32() % v4Lengths.length]);

const rss = () => {
  globalThis.gc?.();
  return process.memoryUsage.rss() / 1e6;
};
const megabytes = (from) => `${(rss() - from).toFixed(0)} MB (RSS ${rss().toFixed(0)} MB)`;

const before = rss();
const table = new PrefixTable();
const started = performance.now();
let slowest = 0;
for (let i = 0; table.size < wanted; i++) {
  const prefix = randomPrefix(i);
  const start = performance.now();
  table.set(prefix, `list${i % 20}`, i % 101, i % 2 ? 'listed' : undefined, Infinity);
  slowest = Math.max(slowest, performance.now() - start);
}
console.log(
  `${table.size} prefixes in ${(performance.now() - started).toFixed(0)} ms, slowest ${slowest.toFixed(2)} ms`,
);
console.log('memory', megabytes(before));

// Addresses are made afresh, as the decoder does for each message; what that costs is measured and taken off.
const series = {
  'IPv4, anywhere': () => IpAddress.v4(random32()),
  'IPv4, one /16': () => IpAddress.v4(0xc0a80000 + (random32() & 0xffff)),
  'IPv6, 2000::/4': () => IpAddress.v6(0x20000000 + (random32() & 0xfffffff), random32(), random32(), random32()),
};
const rounds = 2_000_000;
let sink = 0;
// CPU time, not the clock: others use the machine, too.
const cpuMs = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};
for (const [name, make] of Object.entries(series)) {
  let hits = 0;
  const run = (look) => {
    const start = cpuMs();
    for (let i = 0; i < rounds; i++) {
      const address = make();
      if (!look) sink ^= address.w0;
      else if (table.lookup(address) !== undefined) hits++;
    }
    return ((cpuMs() - start) * 1e6) / rounds;
  };
  run(true);
  run(false);
  hits = 0;
  const nanoseconds = run(true) - run(false);
  console.log(`${name}: ${nanoseconds.toFixed(0)} ns a look-up, ${((100 * hits) / rounds).toFixed(0)} % listed`);
}

const generation = table.beginGeneration();
let steps = 0;
let worst = 0;
const sweep = table.sweep(generation);
const sweepStarted = performance.now();
for (;;) {
  const start = performance.now();
  const { done } = sweep.next();
  worst = Math.max(worst, performance.now() - start);
  if (done) break;
  steps++;
}
console.log(
  `swept away in ${(performance.now() - sweepStarted).toFixed(0)} ms, ${steps} steps, slowest ${worst.toFixed(2)} ms`,
);
globalThis.sink = sink;
