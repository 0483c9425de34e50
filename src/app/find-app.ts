import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';

/** An application: a package with a `dist/agent.js` that is built from its `src/agent.ts`. */
export interface App {
  /** The name of its folder. */
  readonly name: string;
  /** Absolute. */
  readonly folder: string;
  /** The folder as the user reads it best: `apps/ip-reputation`. */
  readonly shown: string;
}

/**
 * Finds an application by its name under `apps/` of the workspace around the current folder, or by the path of its folder.
 *
 * @throws Error that says which applications there are
 */
export function findApp(app: string, from = process.cwd()): App {
  const workspace = workspaceAround(from);
  const isName = /^[^./\\][^/\\]*$/.test(app);
  const folders = [...(isName && workspace !== undefined ? [join(workspace, 'apps', app)] : []), resolve(from, app)];
  const folder = folders.find((one) => statSync(one, { throwIfNoEntry: false })?.isDirectory());
  if (folder === undefined) throw new Error(noApp(app, isName, workspace));
  return { name: basename(folder), folder, shown: shorter(folder, from) };
}

function noApp(app: string, isName: boolean, workspace: string | undefined): string {
  if (!isName) return `there is no folder ${app}`;
  if (workspace === undefined) {
    return `there is no folder ${app}, and no workspace (pnpm-workspace.yaml) around this one that could have an application ${app}`;
  }
  const apps = join(workspace, 'apps');
  const names = existsSync(apps)
    ? readdirSync(apps, { withFileTypes: true }).filter((entry) => entry.isDirectory())
    : [];
  const there =
    names.length === 0
      ? 'there is none'
      : `there is ${names
          .map(({ name }) => name)
          .toSorted()
          .join(', ')}`;
  return `no application ${app}: in ${apps} ${there}. Make it with \`spoa new app ${app}\`, or give the path of a folder`;
}

/** The nearest folder above that has a `pnpm-workspace.yaml`. */
export function workspaceAround(folder: string): string | undefined {
  if (existsSync(join(folder, 'pnpm-workspace.yaml'))) return folder;
  const parent = dirname(folder);
  return parent === folder ? undefined : workspaceAround(parent);
}

/** Relative where that is no longer. */
export function shorter(path: string, from = process.cwd()): string {
  const way = relative(from, path) || '.';
  return way.length < path.length ? way : path;
}
