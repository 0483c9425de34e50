// What a large table costs: import, load, memory, and how long the event loop stands still meanwhile. After
// `npm run build`:
//   node --expose-gc apps/ip-reputation/bench/service.mjs [ENTRIES] [DATABASE_URL]
// The first list is the real one of @ip-location-db/asn-country, 246,000 entries; the rest is made up.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { IpAddress } from '@spoa/core';
import { importList, openDatabase, ReputationService } from '../dist/index.js';

const wanted = Number(process.argv[2] ?? 1_000_000);
const folder = await mkdtemp(join(tmpdir(), 'ipr-bench-'));
const location = process.argv[3] ? { url: process.argv[3] } : { dataDirectory: join(folder, 'data') };
const real = fileURLToPath(new URL('../node_modules/@ip-location-db/asn-country/', import.meta.url));
const made = join(folder, 'made.csv');

const megabytes = () => {
  globalThis.gc?.();
  return `RSS ${(process.memoryUsage.rss() / 1e6).toFixed(0)} MB`;
};
async function timed(name, work) {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const start = performance.now();
  const result = await work();
  const seconds = (performance.now() - start) / 1000;
  delay.disable();
  console.log(
    `${name}: ${seconds.toFixed(2)} s, event loop at most ${(delay.max / 1e6).toFixed(0)} ms, ${megabytes()}`,
  );
  return result;
}

const out = createWriteStream(made);
for (let i = 0; i < wanted - 245_970; i++) {
  const line =
    i % 4 === 0
      ? `2a0${i % 8}:${((i >>> 12) & 0xffff).toString(16)}:${(i & 0xffff).toString(16)}::/48`
      : `${1 + ((i * 7) % 223)}.${(i >>> 14) & 255}.${(i >>> 6) & 255}.${(i * 4) & 255}/30`;
  if (!out.write(`${line},${i % 101},made,${i % 1000 === 0 ? 'because' : ''}\n`)) await once(out, 'drain');
}
await new Promise((resolve) => out.end(resolve));

console.log(`start: ${megabytes()}`);
let database = await timed('open a new database', () => openDatabase(location));
for (const file of ['asn-country-ipv4.csv', 'asn-country-ipv6.csv']) {
  const source = () => createReadStream(join(real, file));
  const options = { list: 'country', fileName: file, score: 90 };
  const { entries } = await timed(`import ${file}`, () => importList(database, source(), options));
  console.log(`  ${entries} entries`);
}
const result = await timed('import made.csv', () =>
  importList(database, createReadStream(made), { list: 'made', fileName: 'made.csv' }),
);
console.log(`  ${result.entries} entries`);
await timed('close', () => database.close());

database = await timed('open it again', () => openDatabase(location));
const service = new ReputationService(database);
await timed('load', () => service.start());
console.log(`  ${service.counts.entries} entries`);

const address = IpAddress.parse('192.0.2.7');
const seen = async (score) => {
  const start = performance.now();
  while (service.lookup(address).score !== score) await new Promise((resolve) => setTimeout(resolve, 1));
  return performance.now() - start;
};
const latencies = [];
for (let score = 0; score < 50; score++) {
  await database.query(
    `INSERT INTO reputation.entry (prefix, list, score) VALUES ('192.0.2.7', 'manual', $1)
     ON CONFLICT (prefix, list) DO UPDATE SET score = excluded.score`,
    [score],
  );
  latencies.push(await seen(score));
}
latencies.sort((a, b) => a - b);
console.log(
  `a changed row shows after ${latencies[25].toFixed(1)} ms (median), ${latencies[49].toFixed(1)} ms at most`,
);

const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const where = process.argv[3] ? ['--database-url', process.argv[3]] : ['--data', join(folder, 'data')];
await timed('the whole list changed by another process, service running', async () => {
  const args = [main, 'import', made, '--list', 'made', '--reason', 'again', '--replace', ...where];
  const [code] = await once(spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'] }), 'close');
  if (code !== 0) throw new Error(`import ended with ${code}`);
  const probe = IpAddress.parse('8.0.0.4');
  const start = performance.now();
  while (service.lookup(probe).reason !== 'again') await new Promise((resolve) => setTimeout(resolve, 20));
  console.log(`  first row of it in memory ${(performance.now() - start).toFixed(0)} ms after`);
  while (service.counts.lists.get('made') !== result.entries) await new Promise((resolve) => setTimeout(resolve, 20));
});
await service.close();
await database.close();
await rm(folder, { recursive: true });
