import { cp, mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { installHaproxy } from '@spoa/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { fillCache, openCached } from '../../src/haproxy/cache.ts';
import { rejection, startChild, temporaryFolder, until } from './support.ts';

/** The unpacked packages of a real 3.2, which the tests copy where the product would fetch. */
let root: string;

beforeAll(async () => {
  const { args } = await installHaproxy('3.2');
  root = dirname(dirname(dirname(args.at(-1) ?? '')));
});

function copyInto(folder: string): Promise<void> {
  return cp(root, join(folder, 'root'), { recursive: true, verbatimSymlinks: true });
}

describe('several processes at once', () => {
  test('one fetches, the other waits and uses what it fetched', async () => {
    await using cache = await temporaryFolder();
    await using first = startChild('fill-cache.child.ts', [cache.path, root]);
    expect(await first.nextLine()).toBe('fetching');
    await using second = startChild('fill-cache.child.ts', [cache.path, root]);
    expect(await second.nextLine()).toBe('another process is fetching it, waiting');

    first.send('go on');

    expect(await first.nextLine()).toMatch(/^done 3\.2\.\d+$/);
    expect(await second.nextLine()).toMatch(/^done 3\.2\.\d+$/);
    await until('no lock, no temporary folder', async () => (await readdir(cache.path)).join() === '3.2');
  });

  test('one that is killed while it fetches holds nobody up', async () => {
    await using cache = await temporaryFolder();
    await using killed = startChild('fill-cache.child.ts', [cache.path, root]);
    expect(await killed.nextLine()).toBe('fetching');
    await killed[Symbol.asyncDispose]();

    const installation = await fillCache({
      cacheDirectory: cache.path,
      line: '3.2',
      fetchInto: copyInto,
      onProgress: () => undefined,
    });

    expect(installation.line).toBe('3.2');
    expect(await openCached(cache.path, '3.2')).toEqual(installation);
  });

  test('of two that fetched in spite of the lock, the first wins and the other uses its installation', async () => {
    await using cache = await temporaryFolder();

    const installation = await fillCache({
      cacheDirectory: cache.path,
      line: '3.2',
      fetchInto: async (folder) => {
        await copyInto(folder);
        await copyInto(join(cache.path, '3.2'));
      },
      onProgress: () => undefined,
    });

    expect(installation).toEqual(await openCached(cache.path, '3.2'));
    expect(await readdir(cache.path)).toEqual(['3.2']);
  });
});

test('a broken installation is replaced', async () => {
  await using cache = await temporaryFolder();
  await mkdir(join(cache.path, '3.2', 'root', 'usr'), { recursive: true });
  await writeFile(join(cache.path, '3.2', 'root', 'usr', 'half'), '');
  expect((await rejection(openCached(cache.path, '3.2'))).message).toMatch(/^broken: no dynamic loader/);

  const installation = await fillCache({
    cacheDirectory: cache.path,
    line: '3.2',
    fetchInto: copyInto,
    onProgress: () => undefined,
  });

  expect(installation).toEqual(await openCached(cache.path, '3.2'));
  expect(await readdir(cache.path)).toEqual(['3.2']);
});

test('nothing of a fetch that fails, or that brings another line, gets into the cache', async () => {
  await using cache = await temporaryFolder();
  const fill = (line: '3.0' | '3.2', fetchInto: (folder: string) => Promise<void>) =>
    rejection(fillCache({ cacheDirectory: cache.path, line, fetchInto, onProgress: () => undefined }));

  const failed = await fill('3.2', async (folder) => {
    await mkdir(join(folder, 'root'));
    throw new Error('the network is gone');
  });
  const wrong = await fill('3.0', copyInto);

  expect(failed.message).toBe('the network is gone');
  expect(wrong).toMatchObject({ code: 'HAPROXY_WRONG_LINE' });
  expect(wrong.message).toMatch(/^HAProxy 3\.2\.\d+ was fetched where 3\.0 was wanted$/);
  expect(await readdir(cache.path)).toEqual([]);
});
