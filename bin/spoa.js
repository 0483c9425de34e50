#!/usr/bin/env node
// Plain JavaScript, and not in dist: an install links it before anything is built.
import { existsSync } from 'node:fs';

const main = new URL('../dist/main.js', import.meta.url);
if (existsSync(main)) {
  await import(main.href);
} else {
  console.error('spoa: it is not built yet: run `npm run deps` and `npm run build` in its folder');
  process.exitCode = 1;
}
