import { chmod, cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { findHaproxy, HAPROXY_VERSIONS, HaproxyUnavailableError, installHaproxy } from '@spoa/testing';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { rejection, temporaryFolder } from './support.ts';

let folder: AsyncDisposable & { path: string };

beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await folder[Symbol.asyncDispose]();
});

/** Puts a program named haproxy on PATH, and nothing else: no apt either. */
async function onlyOnPath(script: string): Promise<string> {
  const path = join(folder.path, 'haproxy');
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  vi.stubEnv('PATH', folder.path);
  return path;
}

const emptyCache = (): { cacheDirectory: string } => ({ cacheDirectory: join(folder.path, 'cache') });

describe.each(HAPROXY_VERSIONS)('HAProxy %s', (line) => {
  test('is installed, of its line, and says where it is', async () => {
    const progress: string[] = [];
    const installation = await installHaproxy(line, { onProgress: (message) => progress.push(message) });
    expect(installation.line).toBe(line);
    expect(installation.version.startsWith(`${line}.`)).toBe(true);
    expect(progress.at(-1)).toContain(`HAProxy ${installation.version}: `);
  });

  test('is preferred by findHaproxy where several are cached', async () => {
    expect((await findHaproxy(line)).line).toBe(line);
  });
});

describe('where nothing can be fetched', () => {
  test('and nothing is on PATH, the error says what was tried and how to remedy it', async () => {
    vi.stubEnv('PATH', '');
    const error = await rejection(installHaproxy('3.2', emptyCache()));

    expect(error).toBeInstanceOf(HaproxyUnavailableError);
    expect(error).toMatchObject({ code: 'HAPROXY_UNAVAILABLE', line: '3.2' });
    expect(error.message).toContain('No HAProxy 3.2 could be had.');
    expect(error.message).toContain(`cache ${join(folder.path, 'cache', '3.2')}: not there`);
    expect(error.message).toContain('Debian sid: apt-get is not on PATH');
    expect(error.message).toContain('haproxy on PATH: there is none');
    expect(error.message).toContain('install HAProxy 3.2');
    await expect(findHaproxy('3.0', emptyCache())).rejects.toThrow('No HAProxy 3.0 could be had.');
  });

  test('the one on PATH is taken when it is of the line', async () => {
    const command = await onlyOnPath('echo "HAProxy version 3.2.99-1ubuntu4 2026/01/01 - https://haproxy.org/"');
    const installation = { version: '3.2.99', line: '3.2', command, args: [], origin: 'path' };
    expect(await installHaproxy('3.2', emptyCache())).toEqual(installation);
    expect(await findHaproxy('3.4', emptyCache())).toEqual(installation);
  });

  test('the one on PATH is not taken when it is of another line', async () => {
    const command = await onlyOnPath('echo "HAProxy version 3.3-dev5-1f20b8 2026/01/01 - https://haproxy.org/"');
    const error = await rejection(installHaproxy('3.2', emptyCache()));
    expect(error).toBeInstanceOf(HaproxyUnavailableError);
    expect(error.message).toContain(`haproxy on PATH: ${command} is HAProxy 3.3-dev5`);
    // Whoever wants any HAProxy gets it.
    expect(await findHaproxy('3.2', emptyCache())).toMatchObject({ version: '3.3-dev5', line: '3.3' });
  });

  test('one on PATH from before 2.6 is taken by nobody', async () => {
    const command = await onlyOnPath('echo "HA-Proxy version 2.2.9-2+deb11u6 2023/12/19 - https://haproxy.org/"');
    const error = await rejection(findHaproxy('3.2', emptyCache()));
    expect(error.message).toContain(`haproxy on PATH: ${command} is HAProxy 2.2.9`);
  });

  test.each([
    ['fails', 'echo "no memory" >&2; exit 3', /haproxy -v: exit code 3\n\s+no memory/],
    [
      'is something else',
      'echo "harmless proxy 1.0"',
      /haproxy -v: does not look like HAProxy\n\s+harmless proxy 1\.0/,
    ],
  ])('one on PATH that %s is reported with what it printed', async (_, script, message) => {
    await onlyOnPath(script);
    expect((await rejection(installHaproxy('3.2', emptyCache()))).message).toMatch(message);
    expect((await rejection(findHaproxy('3.2', emptyCache()))).message).toMatch(message);
  });
});

test('SPOA_HAPROXY_FETCH=never keeps apt from being asked', async () => {
  vi.stubEnv('SPOA_HAPROXY_FETCH', 'never');
  const error = await rejection(installHaproxy('2.6', emptyCache()));
  expect(error.message).toContain('Debian bookworm: not asked, because SPOA_HAPROXY_FETCH is "never"');
});

test('a mirror that fails is asked once more, then reported', async () => {
  const mirror = createServer((_, response) => response.writeHead(503).end());
  await new Promise<void>((resolve) => mirror.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    mirror.close();
  });
  const url = `http://127.0.0.1:${(mirror.address() as AddressInfo).port}/debian`;
  const progress: string[] = [];
  const onProgress = (message: string): number => progress.push(message);

  const error = await rejection(installHaproxy('3.2', { ...emptyCache(), mirror: url, onProgress }));

  expect(error).toBeInstanceOf(HaproxyUnavailableError);
  // Where there is no apt the mirror is never asked, and the message says that instead.
  if (error.message.includes('apt-get is not on PATH')) return;
  expect(error.message).toMatch(new RegExp(`Debian sid: apt-get .* update: exit code 100\\n(.*\\n)*.*${url}`));
  expect(progress.filter((message) => message === 'HAProxy 3.2: that failed, trying once more')).toHaveLength(1);
});

test('a cache that is broken is said to be, and is not used', async () => {
  const { args, version } = await installHaproxy('3.2');
  const real = args.at(-1) ?? '';
  const { cacheDirectory } = emptyCache();
  const root = join(cacheDirectory, '3.2', 'root');
  await mkdir(cacheDirectory);
  await cp(join(real, '../../..'), root, { recursive: true, verbatimSymlinks: true });
  vi.stubEnv('SPOA_HAPROXY_CACHE', cacheDirectory);
  vi.stubEnv('SPOA_HAPROXY_FETCH', 'never');
  expect(await installHaproxy('3.2')).toMatchObject({
    version,
    args: expect.arrayContaining([join(root, 'usr/sbin/haproxy')]),
  });

  await rm(join(root, 'usr/sbin/haproxy'));

  const error = await rejection(installHaproxy('3.2'));
  expect(error.message).toMatch(/3\.2: broken: .*-v: exit code 127\n.*cannot open shared object file/);
});
