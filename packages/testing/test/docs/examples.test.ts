import { readdir, readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { HAPROXY_ERROR_CODES, TESTING_ERROR_CODES } from '../../src/index.ts';

/** The other files here are the examples of the page, word for word: those that are tests are run as such. */
const here = new URL('./', import.meta.url);
const names = (await readdir(here)).filter((name) => name !== 'examples.test.ts');
const page = await readFile(new URL('../../../../docs/testing.md', here), 'utf8');

test('the examples of the page are files that are compiled and run here', async () => {
  const files = await Promise.all(names.map((name) => readFile(new URL(name, here), 'utf8')));
  const examples = [...page.matchAll(/^```ts\n(.*?)^```/gms)].map(([, code]) => code);
  expect(examples.toSorted()).toEqual(files.toSorted());
});

test('the page has lines that fit a screen', () => {
  expect(page.split('\n').filter((line) => line.length > 128)).toEqual([]);
});

test('the page explains every code of a test that goes wrong, and no others', () => {
  const codes = Object.keys({ ...TESTING_ERROR_CODES, ...HAPROXY_ERROR_CODES });
  const explained = [...page.matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, code]) => code);
  expect(explained.toSorted()).toEqual(codes.toSorted());
});
