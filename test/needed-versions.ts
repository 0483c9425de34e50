import { readFile } from 'node:fs/promises';
import { dirname, resolve, sep } from 'node:path';
// Straight from its folder, see haproxy-setup.ts.
import { HAPROXY_VERSIONS, type HaproxyVersion } from '../packages/framework/src/haproxy/versions.ts';

/** What @spoa/testing prefers where a test names no version. */
const PREFERRED: HaproxyVersion = '3.2';

/**
 * The HAProxies that test files will start, as far as their text tells, with that of the files of tests they import: all where
 * the list of versions is named, else those that are named. What is overlooked is fetched by the test that starts it.
 *
 * @param files absolute paths
 */
export async function neededVersions(files: Iterable<string>): Promise<HaproxyVersion[]> {
  const needed = new Set<HaproxyVersion>();
  for (const file of files) {
    for (const version of versionsIn(await textOf(file))) needed.add(version);
  }
  return HAPROXY_VERSIONS.filter((version) => needed.has(version));
}

function versionsIn(text: string): readonly HaproxyVersion[] {
  if (!/\b(start|create|find|install)Haproxy\b/.test(text)) return [];
  if (/\bHAPROXY_VERSIONS\b/.test(text)) return HAPROXY_VERSIONS;
  const named = HAPROXY_VERSIONS.filter((version) => text.includes(`'${version}'`));
  return named.length > 0 ? named : [PREFERRED];
}

/** A file and what it imports from folders named `test`, in any order: sources name versions for reasons of their own. */
async function textOf(file: string): Promise<string> {
  const texts = new Map<string, string>();
  const read = async (path: string): Promise<void> => {
    if (texts.has(path)) return;
    texts.set(path, '');
    const text = await readFile(path, 'utf8');
    texts.set(path, text);
    for (const [, specifier = ''] of text.matchAll(/\bfrom '(\.[^']*\.ts)'/g)) {
      const imported = resolve(dirname(path), specifier);
      if (imported.includes(`${sep}test${sep}`)) await read(imported);
    }
  };
  await read(file);
  return [...texts.values()].join('\n');
}
