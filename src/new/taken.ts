import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What keeps a name from being that of a new application of a workspace; `undefined` where nothing does. */
export function takenFault(workspace: string, name: string): string | undefined {
  if (existsSync(join(workspace, 'apps', name))) return `apps/${name} is there already.`;
  const folder = packageFolders(workspace).find((one) => packageNameIn(one) === name);
  return folder === undefined ? undefined : `The package in ${folder} has this name already.`;
}

function packageFolders(workspace: string): string[] {
  const below = (folder: string): string[] => {
    const entries = existsSync(folder) ? readdirSync(folder, { withFileTypes: true }) : [];
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(folder, name));
  };
  return [workspace, ...below(workspace), ...below(join(workspace, 'packages')), ...below(join(workspace, 'apps'))];
}

function packageNameIn(folder: string): unknown {
  try {
    return (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { name?: unknown }).name;
  } catch {
    return undefined;
  }
}
