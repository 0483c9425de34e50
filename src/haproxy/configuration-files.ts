import { existsSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import {
  type ConfigFile,
  type ConfigFiles,
  type HaproxyVersion,
  parseHaproxyConfig,
  type SpoeFileReference,
  spoeFilesOf,
} from '@spoa/framework/haproxy';

/** A configuration as it was found. */
export interface FoundConfiguration {
  readonly files: ConfigFiles;
  /** The paths of spoe files: in `files` they have the names that the `filter` lines give them. */
  readonly paths: ReadonlyMap<string, string>;
  /** The spoe files that are named and not there. */
  readonly missing: readonly SpoeFileReference[];
}

/**
 * Reads what HAProxy is started with and the spoe files that its `filter` lines name.
 *
 * @param given files, or folders of `*.cfg`, as of `haproxy -f`
 * @param spoe spoe files to read instead of those that are found
 * @throws Error where a file cannot be read
 */
export async function readConfiguration(
  given: readonly string[],
  spoe: readonly string[] | undefined,
  version: HaproxyVersion,
): Promise<FoundConfiguration> {
  const haproxy = await Promise.all((await Promise.all(given.map(filesOf))).flat().map(read));
  const references = spoeFilesOf(haproxy, version);
  const found = spoe === undefined ? lookUp(references, haproxy, version) : assign(references, spoe);
  const files = await Promise.all([...found].map(async ([file, path]) => ({ ...(await read(path)), file })));
  return { files: { haproxy, spoe: files }, paths: found, missing: references.filter(({ path }) => !found.has(path)) };
}

/** A folder stands for its `*.cfg`, in the order of their bytes. */
async function filesOf(path: string): Promise<string[]> {
  if (!(await stat(path).catch(() => undefined))?.isDirectory()) return [path];
  const names = (await readdir(path)).filter((name) => name.endsWith('.cfg') && !name.startsWith('.'));
  if (names.length === 0) throw new Error(`there is no *.cfg in ${path}`);
  return names.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))).map((name) => join(path, name));
}

async function read(path: string): Promise<ConfigFile> {
  try {
    return { file: path, text: await readFile(path, 'utf8') };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'it is not there' : code === 'EACCES' ? 'you may not read it' : message;
    throw new Error(`cannot read ${path}: ${why}`, { cause: error });
  }
}

/** Where HAProxy looks; without `default-path`, which depends on where it is started, here and then beside `haproxy.cfg`. */
function lookUp(
  references: readonly SpoeFileReference[],
  haproxy: readonly ConfigFile[],
  version: HaproxyVersion,
): Map<string, string> {
  const folders = defaultPaths(haproxy, version);
  const found = new Map<string, string>();
  for (const { path, known, file } of references) {
    if (!known) continue;
    const candidates = path.startsWith('/') ? [path] : (folders.get(file) ?? []).map((folder) => join(folder, path));
    const there = candidates.find((candidate) => existsSync(candidate));
    if (there !== undefined) found.set(path, there);
  }
  return found;
}

/** For each file, the folders in which relative paths may lie. `default-path` holds for the files that follow too. */
function defaultPaths(haproxy: readonly ConfigFile[], version: HaproxyVersion): Map<string, string[]> {
  let policy: string | undefined;
  let origin = '.';
  return new Map(
    haproxy.map(({ file, text }) => {
      const { sections } = parseHaproxyConfig(text, file, { version });
      for (const { words } of sections.filter(({ kind }) => kind === 'global').flatMap(({ lines }) => lines)) {
        if (words[0]?.text !== 'default-path') continue;
        policy = words[1]?.text;
        origin = words[2]?.text ?? '.';
      }
      return [file, foldersOf(policy, origin, dirname(file))];
    }),
  );
}

function foldersOf(policy: string | undefined, origin: string, beside: string): string[] {
  switch (policy) {
    case 'config':
      return [beside];
    case 'parent':
      return [join(beside, '..')];
    case 'origin':
      return [origin];
    case 'current':
      return ['.'];
    default:
      return ['.', beside];
  }
}

/** Files by the names that the `filter` lines give them: by the whole name, by its last part, or the only one that can be it. */
function assign(references: readonly SpoeFileReference[], spoe: readonly string[]): Map<string, string> {
  const isOnly = references.length === 1 && spoe.length === 1;
  const free = new Set(references.map(({ path }) => path));
  return new Map(
    spoe.map((file) => {
      // Files of one name, from several folders, are those of the lines with that name in their order.
      const named = free.has(file) ? file : [...free].find((path) => isOnly || basename(path) === basename(file));
      if (named !== undefined) free.delete(named);
      return [named ?? file, file];
    }),
  );
}
