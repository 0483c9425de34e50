import { parseHaproxyConfig } from '../parse/parse.ts';
import { Proxies } from '../spoe/proxies.ts';
import type { HaproxyVersion } from '../versions.ts';
import type { CheckOptions } from './check.ts';
import type { ConfigFile } from './files.ts';

/** A spoe file as a `filter` line names it. */
export interface SpoeFileReference {
  readonly path: string;
  /** `false` where the path holds a variable of the environment whose value is not known. */
  readonly known: boolean;
  readonly file: string;
  readonly line: number;
}

/** The spoe files that a configuration names, each once: what `check` needs besides `haproxy.cfg`. */
export function spoeFilesOf(
  haproxy: readonly ConfigFile[],
  version: HaproxyVersion,
  options: CheckOptions = {},
): SpoeFileReference[] {
  const parsed = haproxy.map(({ text, file }) => parseHaproxyConfig(text, file, { ...options, version }));
  const { filters } = new Proxies(parsed.flatMap(({ sections }) => sections));
  const found = filters.flatMap(({ path, line }): SpoeFileReference[] => {
    return path === undefined ? [] : [{ path: path.text, known: path.known, file: line.file, line: line.number }];
  });
  return found.filter(({ path }, i) => found.findIndex((other) => other.path === path) === i);
}
