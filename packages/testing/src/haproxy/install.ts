import { join } from 'node:path';
import type { HaproxyVersion } from '@spoa/framework/haproxy';
import { defaultCacheDirectory, fillCache, openCached } from './cache.ts';
import { DEBIAN_SUITES, fetchFromDebian } from './debian.ts';
import { type HaproxyAttempt, HaproxyUnavailableError, messageOf } from './errors.ts';
import { type HaproxyInstallation, openOnPath } from './installation.ts';
import { isAtLeast } from './version.ts';

/** How an HAProxy is looked for and fetched. */
export interface InstallHaproxyOptions {
  /** Gets a sentence for every step that may take a while, and one when it is done. */
  readonly onProgress?: (message: string) => void;
  /** @default `SPOA_HAPROXY_CACHE`, else `spoa/haproxy` in `XDG_CACHE_HOME` or `~/.cache` */
  readonly cacheDirectory?: string;
  /** The Debian mirror to fetch from. @default `SPOA_DEBIAN_MIRROR`, else `http://deb.debian.org/debian` */
  readonly mirror?: string;
}

// apt-get is asked once for a line, however many callers in this process wait for it.
const inFlight = new Map<string, Promise<HaproxyInstallation>>();

/**
 * Gets an HAProxy of a line: from the cache when it is there and works; else unpacked from Debian's packages, without
 * installing anything and without root; else, where that can't be done, the one on PATH if it is of that line.
 *
 * `SPOA_HAPROXY_FETCH=never` forbids downloads.
 *
 * @throws HaproxyUnavailableError saying what was tried and how to remedy it.
 */
export function installHaproxy(
  line: HaproxyVersion,
  options: InstallHaproxyOptions = {},
): Promise<HaproxyInstallation> {
  const cacheDirectory = options.cacheDirectory ?? defaultCacheDirectory();
  const key = JSON.stringify([line, cacheDirectory, options.mirror]);
  let installing = inFlight.get(key);
  if (installing === undefined) {
    installing = install(line, { ...options, cacheDirectory }).finally(() => inFlight.delete(key));
    inFlight.set(key, installing);
  }
  return installing;
}

type Resolved = InstallHaproxyOptions & { readonly cacheDirectory: string };

async function install(line: HaproxyVersion, options: Resolved): Promise<HaproxyInstallation> {
  const attempts: HaproxyAttempt[] = [];
  try {
    const cached = await openCached(options.cacheDirectory, line);
    options.onProgress?.(`HAProxy ${cached.version}: in the cache, ${join(options.cacheDirectory, line)}`);
    return cached;
  } catch (error) {
    attempts.push({ source: `cache ${join(options.cacheDirectory, line)}`, reason: messageOf(error) });
  }
  let cause: unknown;
  try {
    return await fetch(line, options);
  } catch (error) {
    cause = error;
    attempts.push({ source: `Debian ${DEBIAN_SUITES[line].join(' and ')}`, reason: messageOf(error) });
  }
  try {
    const found = await openOnPath();
    if (found?.line === line) {
      options.onProgress?.(`HAProxy ${found.version}: on PATH, ${found.command}`);
      return found;
    }
    const reason = found === undefined ? 'there is none' : `${found.command} is HAProxy ${found.version}`;
    attempts.push({ source: 'haproxy on PATH', reason });
  } catch (error) {
    attempts.push({ source: 'haproxy on PATH', reason: messageOf(error) });
  }
  throw new HaproxyUnavailableError(line, attempts, { cause });
}

async function fetch(line: HaproxyVersion, options: Resolved): Promise<HaproxyInstallation> {
  if (process.env.SPOA_HAPROXY_FETCH === 'never') throw new Error('not asked, because SPOA_HAPROXY_FETCH is "never"');
  const startedAt = Date.now();
  const onProgress = (message: string): void => options.onProgress?.(`HAProxy ${line}: ${message}`);
  const installation = await fillCache({
    cacheDirectory: options.cacheDirectory,
    line,
    fetchInto: (folder) => fetchFromDebian({ line, folder, mirror: options.mirror, onProgress }),
    onProgress,
  });
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
  options.onProgress?.(
    `HAProxy ${installation.version}: fetched from Debian in ${seconds} s, kept in ${join(options.cacheDirectory, line)}`,
  );
  return installation;
}

// The current LTS line first; then what is newer, then what is older.
const PREFERENCE: readonly HaproxyVersion[] = ['3.2', '3.4', '3.0', '2.6'];

/**
 * Gets any HAProxy, the quickest way first: a cached one (of the preferred line if there is a choice), the one on PATH
 * from 2.6 on, else the preferred line is fetched.
 *
 * @param preferred @default '3.2'
 * @throws HaproxyUnavailableError saying what was tried and how to remedy it.
 */
export async function findHaproxy(
  preferred: HaproxyVersion = '3.2',
  options: InstallHaproxyOptions = {},
): Promise<HaproxyInstallation> {
  const cacheDirectory = options.cacheDirectory ?? defaultCacheDirectory();
  for (const line of new Set([preferred, ...PREFERENCE])) {
    const cached = await openCached(cacheDirectory, line).catch(() => undefined);
    if (cached !== undefined) return cached;
  }
  // One that does not run is reported by installHaproxy below, which asks it again.
  const found = await openOnPath().catch(() => undefined);
  if (found !== undefined && PREFERENCE.some((line) => isAtLeast(found.line, line))) return found;
  return installHaproxy(preferred, options);
}
