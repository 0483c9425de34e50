import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { App } from './find-app.ts';

/** The file of `src` that was changed after the last build; `undefined` where what is built is what is written. */
export function changedSinceBuild({ folder }: App): string | undefined {
  const source = newest(join(folder, 'src'));
  const built = newest(join(folder, 'dist'));
  if (source === undefined || built === undefined) return undefined;
  return source.changedAt > built.changedAt ? source.path : undefined;
}

interface Changed {
  readonly path: string;
  readonly changedAt: number;
}

/** Of a whole build the newest file counts: the compiler writes only those that have become others. */
function newest(folder: string): Changed | undefined {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) return undefined;
  let found: Changed | undefined;
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const changedAt = statSync(path).mtimeMs;
    if (found === undefined || changedAt > found.changedAt) found = { path, changedAt };
  }
  return found;
}
