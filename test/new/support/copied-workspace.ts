import { cp, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, relative, sep } from 'node:path';
import { onTestFinished } from 'vitest';
import { ROOT } from '../../command/support/spoa.ts';

/** What is not needed to build and run an application, or is made anew. */
const LEFT_OUT = new Set(['node_modules', '.git', '.cache', 'data', 'results', 'docs']);

/**
 * This workspace as it is and as it is built, elsewhere, with nothing installed and without its tests: only those of a
 * new application are there to be compiled. The caller removes it.
 */
export async function copyWorkspace(): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'spoa-new-')));
  // With their times, so that what is built counts as built.
  await cp(ROOT, folder, { recursive: true, preserveTimestamps: true, filter: isCopied });
  return folder;
}

function isCopied(path: string): boolean {
  const way = relative(ROOT, path);
  if (way === '') return true;
  if (LEFT_OUT.has(basename(path))) return false;
  // At the root there is what vitest.config.ts refers to: files, beside the folders of tests.
  if (way.startsWith(`test${sep}`)) return way.endsWith('.ts') && !way.slice(5).includes(sep);
  return basename(path) !== 'test' || way === 'test';
}

/** A workspace with nothing in it, for what fails before or needs no more. */
export async function emptyWorkspace(): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'spoa-new-')));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const path of ['pnpm-workspace.yaml', 'tsconfig.json', 'packages/framework/package.json']) {
    await cp(join(ROOT, path), join(folder, path));
  }
  return folder;
}
