import { access, chmod, mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { HaproxyVersion } from '@spoa/framework/haproxy';
import { HaproxyError, messageOf } from './errors.ts';
import { type HaproxyInstallation, openUnpacked } from './installation.ts';
import { withLock } from './lock.ts';

/**
 * Where fetched HAProxies are kept, one folder per line: `SPOA_HAPROXY_CACHE`, else `spoa/haproxy` in `XDG_CACHE_HOME`
 * or `~/.cache`.
 */
export function defaultCacheDirectory(): string {
  const { SPOA_HAPROXY_CACHE, XDG_CACHE_HOME } = process.env;
  if (SPOA_HAPROXY_CACHE) return resolve(SPOA_HAPROXY_CACHE);
  return join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'spoa', 'haproxy');
}

/** Opens a cached line. @throws HaproxyError saying what is wrong with it: not there, broken, or of another line. */
export async function openCached(cacheDirectory: string, line: HaproxyVersion): Promise<HaproxyInstallation> {
  const folder = join(cacheDirectory, line);
  await access(folder).catch(() => {
    throw new HaproxyError('HAPROXY_UNAVAILABLE', 'not there');
  });
  const installation = await openUnpacked(join(folder, 'root')).catch((error: unknown) => {
    throw new HaproxyError('HAPROXY_UNAVAILABLE', `broken: ${messageOf(error)}`, { cause: error });
  });
  if (installation.line !== line) {
    throw new HaproxyError('HAPROXY_UNAVAILABLE', `holds HAProxy ${installation.version}`);
  }
  return installation;
}

export interface FillCacheOptions {
  readonly cacheDirectory: string;
  readonly line: HaproxyVersion;
  /** Puts `root` into the empty folder it gets. */
  readonly fetchInto: (folder: string) => Promise<void>;
  readonly onProgress: (message: string) => void;
}

/**
 * Puts a line into the cache, where it replaces a broken one. What is being fetched lies in a folder of its own until it
 * was seen to run, so that other processes see a whole installation or none; of several processes one fetches and the
 * others wait for it.
 */
export async function fillCache(options: FillCacheOptions): Promise<HaproxyInstallation> {
  const { cacheDirectory, line, fetchInto, onProgress } = options;
  await mkdir(cacheDirectory, { recursive: true });
  const waiting = (): void => onProgress('another process is fetching it, waiting');
  return withLock(join(cacheDirectory, `.${line}.lock`), waiting, async () => {
    const done = await openCached(cacheDirectory, line).catch(() => undefined);
    if (done !== undefined) return done;
    await removeLeftovers(cacheDirectory, line);
    const folder = await mkdtemp(join(cacheDirectory, `.${line}-`));
    try {
      await fetchInto(folder);
      const fetched = await openUnpacked(join(folder, 'root'));
      if (fetched.line !== line) {
        throw new HaproxyError('HAPROXY_WRONG_LINE', `HAProxy ${fetched.version} was fetched where ${line} was wanted`);
      }
      // Made private by mkdtemp; a cache may be shared by several users.
      await chmod(folder, 0o755);
      return await publish(folder, cacheDirectory, line);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
}

async function publish(folder: string, cacheDirectory: string, line: HaproxyVersion): Promise<HaproxyInstallation> {
  const target = join(cacheDirectory, line);
  for (let attempt = 1; ; attempt += 1) {
    try {
      await rename(folder, target);
      return await openCached(cacheDirectory, line);
    } catch (error) {
      // Someone was there before us. If theirs works it is as good as ours; if not, it makes way.
      const theirs = await openCached(cacheDirectory, line).catch(() => undefined);
      if (theirs !== undefined) return theirs;
      if (attempt === 3) throw error;
      const aside = await mkdtemp(join(cacheDirectory, `.${line}-`));
      await rename(target, join(aside, 'broken')).catch(() => undefined);
      await rm(aside, { recursive: true, force: true });
    }
  }
}

// Of processes that were killed while fetching. The lock is held: whatever is old belongs to nobody.
async function removeLeftovers(cacheDirectory: string, line: HaproxyVersion): Promise<void> {
  const hourAgo = Date.now() - 60 * 60_000;
  for (const name of await readdir(cacheDirectory)) {
    if (!name.startsWith(`.${line}-`)) continue;
    const folder = join(cacheDirectory, name);
    const { mtimeMs } = await stat(folder).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }));
    if (mtimeMs < hourAgo) await rm(folder, { recursive: true, force: true });
  }
}
