import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { HaproxyVersion } from '@spoa/framework/haproxy';
import { findExecutable, runCommand } from './command.ts';
import { findDebianKeyring } from './debian-keyring.ts';
import { choosePackageVersion, libraryClosure } from './debian-metadata.ts';
import { HaproxyError } from './errors.ts';
import { createPrivateApt, type PrivateApt } from './private-apt.ts';

/** The Debian suites a line comes from; what the first does not have comes from those after it. */
export const DEBIAN_SUITES = {
  '2.6': ['bookworm'],
  '3.0': ['trixie'],
  '3.2': ['sid'],
  '3.4': ['experimental', 'sid'],
} as const satisfies Record<HaproxyVersion, readonly string[]>;

const DEFAULT_MIRROR = 'http://deb.debian.org/debian';
const REQUIRED_COMMANDS = ['apt-get', 'apt-cache', 'dpkg', 'dpkg-deb'] as const;
const UPDATE_TIMEOUT_MS = 180_000;
const DOWNLOAD_TIMEOUT_MS = 180_000;
const UNPACK_TIMEOUT_MS = 60_000;

export interface DebianFetchOptions {
  readonly line: HaproxyVersion;
  /** An existing, empty folder: it gets `root`, the unpacked packages, and nothing else. */
  readonly folder: string;
  readonly mirror?: string | undefined;
  readonly onProgress: (message: string) => void;
}

/**
 * Unpacks HAProxy and the libraries it needs from Debian's packages, without installing anything and without root.
 *
 * @throws HaproxyError HAPROXY_COMMAND when apt or the network fails (after one retry), HAPROXY_WRONG_LINE when the
 * suite carries another line.
 */
export async function fetchFromDebian({ line, folder, mirror, onProgress }: DebianFetchOptions): Promise<void> {
  for (const command of REQUIRED_COMMANDS) {
    if ((await findExecutable(command)) === undefined) {
      throw new HaproxyError('HAPROXY_COMMAND', `${command} is not on PATH (only Debian and its kin have it)`);
    }
  }
  const suites = DEBIAN_SUITES[line];
  const work = join(folder, 'work');
  const debs = join(work, 'debs');
  const root = join(folder, 'root');
  await mkdir(debs, { recursive: true });
  await mkdir(root);
  const { stdout } = await runCommand('dpkg', ['--print-architecture'], { timeoutMs: 10_000 });
  const apt = await createPrivateApt({
    folder: work,
    suites,
    mirror: mirror ?? (process.env.SPOA_DEBIAN_MIRROR || DEFAULT_MIRROR),
    architecture: stdout.trim(),
    keyring: await findDebianKeyring(work),
  });

  await retryOnce(onProgress, async () => {
    onProgress(`reading the package lists of Debian ${suites.join(' and ')}`);
    await apt.get(['update'], { timeoutMs: UPDATE_TIMEOUT_MS });
  });
  const packages = await choosePackages(apt, line, suites[0]);
  await retryOnce(onProgress, async () => {
    onProgress(`downloading ${packages[0]?.replace('=', ' ')} and ${packages.length - 1} libraries`);
    await apt.get(['download', ...packages], { timeoutMs: DOWNLOAD_TIMEOUT_MS, cwd: debs });
  });
  onProgress('unpacking');
  for (const deb of await readdir(debs)) {
    await runCommand('dpkg-deb', ['-x', join(debs, deb), root], { timeoutMs: UNPACK_TIMEOUT_MS });
  }
  // Package lists and documentation are most of the space, and nobody reads them again.
  await rm(work, { recursive: true, force: true });
  await rm(join(root, 'usr/share'), { recursive: true, force: true });
}

async function choosePackages(apt: PrivateApt, line: HaproxyVersion, suite: string): Promise<string[]> {
  const version = choosePackageVersion((await apt.cache(['madison', 'haproxy'])).stdout, line, suite);
  const pinned = `haproxy=${version}`;
  const kinds = ['recommends', 'suggests', 'conflicts', 'breaks', 'replaces', 'enhances'].map((kind) => `--no-${kind}`);
  const depends = await apt.cache(['depends', '--recurse', ...kinds, pinned]);
  return [pinned, ...libraryClosure(depends.stdout).slice(1)];
}

async function retryOnce(onProgress: (message: string) => void, step: () => Promise<void>): Promise<void> {
  try {
    await step();
  } catch {
    onProgress('that failed, trying once more');
    await step();
  }
}
