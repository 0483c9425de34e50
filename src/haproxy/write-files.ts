import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface WriteFilesOptions {
  /** Whether files that differ are overwritten. */
  readonly force: boolean;
  /** Gets a sentence for each file. */
  readonly onProgress: (message: string) => void;
}

/**
 * Writes files into a folder, which is made. Nothing is written where one of them is there and differs.
 *
 * @throws Error that names the files that differ
 */
export async function writeFiles(
  folder: string,
  files: Readonly<Record<string, string>>,
  { force, onProgress }: WriteFilesOptions,
): Promise<void> {
  const plan = await Promise.all(
    Object.entries(files).map(async ([name, text]) => {
      const path = join(folder, name);
      const before = await textOf(path);
      return { path, text, isThere: before !== undefined, isSame: before === text };
    }),
  );
  const differing = plan.filter(({ isThere, isSame }) => isThere && !isSame).map(({ path }) => path);
  if (differing.length > 0 && !force) {
    const verb = differing.length === 1 ? 'is there and differs' : 'are there and differ';
    throw new Error(
      `${differing.join(' and ')} ${verb} from what would be written; nothing was written. ` +
        'Take another folder and compare, or overwrite with --force',
    );
  }
  await mkdir(folder, { recursive: true });
  for (const { path, text, isThere, isSame } of plan) {
    if (!isSame) await writeFile(path, text);
    onProgress(isSame ? `${path} is as it should be` : `${path} ${isThere ? 'overwritten' : 'written'}`);
  }
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw new Error(`cannot read what is at ${path}: ${message}`, { cause: error });
  }
}
