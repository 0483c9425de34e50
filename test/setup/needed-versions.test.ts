import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HAPROXY_VERSIONS } from '@spoa/framework/haproxy';
import { expect, onTestFinished, test } from 'vitest';
import { neededVersions } from '../needed-versions.ts';

const here = (...files: string[]) => files.map((file) => fileURLToPath(new URL(`../../${file}`, import.meta.url)));

test("a new application's tests need the one HAProxy they name", async () => {
  const files = here('templates/app/test/haproxy.test.ts', 'templates/app/test/message-name.controller.test.ts');
  expect(await neededVersions(files)).toEqual(['3.2']);
});

test('tests of the matrix need all, by themselves or by what they import', async () => {
  expect(await neededVersions(here('packages/testing/test/docs/haproxy.test.ts'))).toEqual(HAPROXY_VERSIONS);
  expect(await neededVersions(here('test/haproxy/ids.test.ts'))).toEqual(HAPROXY_VERSIONS);
});

test('several files need what each of them needs, oldest first', async () => {
  const files = here('templates/app/test/haproxy.test.ts', 'test/haproxy/observability.test.ts');
  expect(await neededVersions(files)).toEqual(['2.6', '3.2']);
});

test('who names no version needs the preferred one', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'spoa-needed-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'own.test.ts');
  // In pieces: this file starts none.
  await writeFile(file, `await using haproxy = await ${['start', 'Haproxy'].join('')}({ config });\n`);
  expect(await neededVersions([file])).toEqual(['3.2']);
});

test('tests without HAProxy need none, whatever else of the kit they use', async () => {
  const files = here('templates/app/test/message-name.controller.test.ts', 'test/setup/needed-versions.test.ts');
  expect(await neededVersions(files)).toEqual([]);
});
