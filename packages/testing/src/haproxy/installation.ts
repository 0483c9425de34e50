import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { findExecutable, runCommand } from './command.ts';
import { HaproxyError } from './errors.ts';
import { parseHaproxyVersion } from './version.ts';

/** An HAProxy that was seen to run. Start it as `command ...args <HAProxy's own arguments>`. */
export interface HaproxyInstallation {
  /** `3.2.26`, without a distribution's suffix. */
  readonly version: string;
  /** `3.2` */
  readonly line: string;
  /** Absolute path of the program to start: HAProxy itself, or the dynamic loader it was fetched with. */
  readonly command: string;
  /** Arguments that come before HAProxy's own: the loader's `--library-path` and the path of HAProxy. */
  readonly args: readonly string[];
  /** Unpacked from Debian's packages into the cache, or found on PATH. */
  readonly origin: 'debian' | 'path';
}

const PROBE_TIMEOUT_MS = 10_000;

/**
 * Opens packages that were unpacked below `root` and runs `haproxy -v` there.
 *
 * HAProxy is started through the loader of its own libc: the suites it comes from have another libc than the host.
 *
 * @throws HaproxyError when something is missing or `haproxy -v` fails.
 */
export async function openUnpacked(root: string): Promise<HaproxyInstallation> {
  const folders = await libraryFolders(root);
  const loader = await findLoader(folders);
  if (loader === undefined)
    throw new HaproxyError('HAPROXY_COMMAND', `no dynamic loader (ld-linux*.so*) below ${root}`);
  const args = ['--library-path', folders.join(':'), join(root, 'usr/sbin/haproxy')];
  return { ...(await probe(loader, args)), command: loader, args, origin: 'debian' };
}

/** The `haproxy` that PATH leads to; undefined when there is none. @throws HaproxyError when it does not run. */
export async function openOnPath(): Promise<HaproxyInstallation | undefined> {
  const command = await findExecutable('haproxy');
  return command === undefined ? undefined : { ...(await probe(command, [])), command, args: [], origin: 'path' };
}

async function probe(command: string, args: readonly string[]): Promise<{ version: string; line: string }> {
  const { stdout } = await runCommand(command, [...args, '-v'], { timeoutMs: PROBE_TIMEOUT_MS });
  const version = parseHaproxyVersion(stdout);
  if (version === undefined) {
    const shown = [command, ...args, '-v'].join(' ');
    throw new HaproxyError('HAPROXY_COMMAND', `${shown}: does not look like HAProxy\n${stdout.slice(0, 500)}`);
  }
  return version;
}

/** `usr/lib/x86_64-linux-gnu` and its like. Suites before the /usr merge was finished also have them in `lib`. */
async function libraryFolders(root: string): Promise<string[]> {
  const folders: string[] = [];
  for (const parent of [join(root, 'usr/lib'), join(root, 'lib')]) {
    const names = await readdir(parent).catch(() => []);
    folders.push(...names.filter((name) => name.includes('-linux-gnu')).map((name) => join(parent, name)));
  }
  return folders;
}

// Never the link in lib64 or lib: in some packages it is absolute and leads to the loader of the host.
async function findLoader(folders: readonly string[]): Promise<string | undefined> {
  for (const folder of folders) {
    const name = (await readdir(folder).catch(() => [])).find((entry) => /^ld-linux.*\.so\.\d+$/.test(entry));
    if (name !== undefined) return join(folder, name);
  }
  return undefined;
}
