import { access, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from './command.ts';
import { HaproxyError } from './errors.ts';

// Debian has them, and whoever installed the package debian-archive-keyring elsewhere.
const KEYRINGS = [
  '/usr/share/keyrings/debian-archive-keyring.gpg',
  '/usr/share/keyrings/debian-archive-keyring.pgp',
] as const;

/**
 * The keyring that Debian's archive is verified with. On Ubuntu and its like it is a package that need not be installed:
 * then it is downloaded from the host's own, verified sources into `folder`, so that the chain of trust stays whole.
 */
export async function findDebianKeyring(folder: string): Promise<string> {
  for (const path of KEYRINGS) {
    if (await isReadable(path)) return path;
  }
  const download = join(folder, 'keyring');
  await mkdir(download, { recursive: true });
  await runCommand('apt-get', ['-q', 'download', 'debian-archive-keyring'], { cwd: download, timeoutMs: 60_000 });
  const deb = (await readdir(download)).find((name) => name.endsWith('.deb'));
  if (deb !== undefined) {
    await runCommand('dpkg-deb', ['-x', join(download, deb), download], { timeoutMs: 60_000 });
    for (const path of KEYRINGS) {
      if (await isReadable(join(download, path))) return join(download, path);
    }
  }
  throw new HaproxyError('HAPROXY_COMMAND', `no keyring of Debian's archive, neither at ${KEYRINGS.join(' nor at ')}`);
}

async function isReadable(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
