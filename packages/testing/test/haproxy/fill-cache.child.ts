// Fills a cache from a copy of an installation instead of Debian, step by step, for cache.test.ts.
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fillCache } from '../../src/haproxy/cache.ts';

const [cacheDirectory = '', root = ''] = process.argv.slice(2);
const input = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

const { version } = await fillCache({
  cacheDirectory,
  line: '3.2',
  fetchInto: async (folder) => {
    console.log('fetching');
    await input.next();
    await cp(root, join(folder, 'root'), { recursive: true, verbatimSymlinks: true });
  },
  onProgress: (message) => console.log(message),
});
console.log(`done ${version}`);
process.exit();
