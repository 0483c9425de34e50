import type { HaproxyVersion } from '@spoa/framework/haproxy';
import { HaproxyError } from './errors.ts';

/**
 * Chooses the newest package version of a line from the output of `apt-cache madison haproxy`, which lists all versions
 * of all suites, newest first: `haproxy | 3.2.26-1 | http://deb.debian.org/debian sid/main amd64 Packages`.
 *
 * @throws HaproxyError HAPROXY_WRONG_LINE when there is none: suites move on.
 */
export function choosePackageVersion(madison: string, line: HaproxyVersion, suite: string): string {
  const versions = madison
    .split('\n')
    .map((row) => row.split('|')[1]?.trim())
    .filter((version) => version !== undefined);
  const wanted = versions.find((version) => version.replace(/^\d+:/, '').startsWith(`${line}.`));
  if (wanted !== undefined) return wanted;
  const carried = versions.length === 0 ? 'no HAProxy' : `HAProxy ${versions.join(', ')}`;
  throw new HaproxyError(
    'HAPROXY_WRONG_LINE',
    `Debian ${suite} carries ${carried}, not ${line}: the suite has moved on to another line`,
  );
}

/**
 * The packages that HAProxy needs in order to run, HAProxy itself first: a walk over the output of
 * `apt-cache depends --recurse haproxy` along libraries only. What else HAProxy's package depends on (adduser, systemd)
 * sets a system up, and nothing is set up here.
 */
export function libraryClosure(depends: string): string[] {
  const graph = parseDepends(depends);
  const closure = new Set(['haproxy']);
  for (const name of closure) {
    for (const dependency of graph.get(name) ?? []) closure.add(dependency);
  }
  return [...closure];
}

const LIBRARY = /^(lib|zlib)/;
// "  Depends: libc6", " |PreDepends: libc6" where another alternative follows. Deeper lines list who provides a name.
const EDGE = /^ ([ |])(?:Pre)?Depends: (\S+)$/;

function parseDepends(text: string): Map<string, string[]> {
  const graph = new Map<string, string[]>();
  let edges: string[] = [];
  let satisfied = false;
  for (const row of text.split('\n')) {
    if (/^\S/.test(row)) {
      edges = [];
      satisfied = false;
      graph.set(row.trim(), edges);
      continue;
    }
    const match = EDGE.exec(row);
    if (match === null) continue;
    const name = match[2] ?? '';
    // Of alternatives the first is enough. Virtual packages are shown as <name> and are no libraries.
    if (!satisfied && LIBRARY.test(name)) {
      edges.push(name);
      satisfied = true;
    }
    if (match[1] !== '|') satisfied = false;
  }
  return graph;
}
