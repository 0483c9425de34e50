import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Choices } from './choices.ts';
import { haproxySide } from './haproxy-side.ts';
import { withReference } from './references.ts';
import { type Files, renderTemplates } from './templates.ts';
import { format, install } from './tools.ts';

export interface ScaffoldOptions {
  readonly choices: Choices;
  /** The root of the workspace. */
  readonly workspace: string;
  /** Whether what it depends on is installed, which also writes the lock file. */
  readonly installs: boolean;
  /** Ends it early, with nothing left behind. */
  readonly signal: AbortSignal;
  /** Told what is done next. */
  readonly onProgress: (step: string) => void;
}

/** What an application will be made of, by path within its folder. */
export async function filesOf(choices: Choices): Promise<Files> {
  const files = new Map([...(await renderTemplates(choices)), ...haproxySide(choices)]);
  return new Map([...files].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * Makes `apps/NAME` and tells the workspace of it. All of it, or nothing: what fails half-way is taken back.
 *
 * @throws Error where anything fails
 */
export async function scaffold({ choices, workspace, installs, signal, onProgress }: ScaffoldOptions): Promise<Files> {
  const path = `apps/${choices.name}`;
  const folder = join(workspace, path);
  const config = join(workspace, 'tsconfig.json');
  const lockFile = join(workspace, 'pnpm-lock.yaml');
  const before = await Promise.all([config, lockFile].map(async (file) => [file, await textOf(file)] as const));
  // Before anything is written, so that mistakes cost nothing.
  const references = withReference(await readFile(config, 'utf8'), path);
  const files = await filesOf(choices);
  await mkdir(dirname(folder), { recursive: true });
  // Fails where it is there.
  await mkdir(folder);
  try {
    onProgress(`writing ${path}`);
    await write(folder, files);
    await writeFile(config, references);
    if (installs) {
      onProgress('installing what it depends on (pnpm install)');
      await install(workspace, signal);
    }
    // Names decide about the order of imports and the length of lines.
    onProgress('formatting it');
    await format(workspace, path, signal);
    signal.throwIfAborted();
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    for (const [file, text] of before) if (text !== undefined) await writeFile(file, text);
    throw error;
  }
  return files;
}

async function textOf(file: string): Promise<string | undefined> {
  return existsSync(file) ? readFile(file, 'utf8') : undefined;
}

async function write(folder: string, files: Files): Promise<void> {
  for (const [name, text] of files) {
    const file = join(folder, name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
}
