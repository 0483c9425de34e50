import type { TestProject } from 'vitest/node';
// Straight from its folder: what installs HAProxy needs none of the packages under test, which may be in pieces.
import type { HaproxyVersion } from '../packages/framework/src/haproxy/versions.ts';
import { installHaproxy } from '../packages/testing/src/haproxy/index.ts';
import { neededVersions } from './needed-versions.ts';

/**
 * Installs the HAProxies that the test files of this run start, so that no test waits for a download: of the whole suite all of
 * the matrix, of one application's tests those they name.
 */
export default async function setup(project: TestProject): Promise<void> {
  const versions = await neededVersions(await requestedFiles(project));
  const errors = (await Promise.all(versions.map(install))).filter((error) => error !== undefined);
  for (const { message } of errors) console.error(message);
  // What failed here would fail in every test file again, each time after apt's timeouts. Workers inherit this.
  if (errors.length > 0) process.env.SPOA_HAPROXY_FETCH = 'never';
}

/** Prints a line when the HAProxy is there, and one before that when it has to be fetched. */
async function install(line: HaproxyVersion): Promise<Error | undefined> {
  const startedAt = Date.now();
  let fetching = false;
  const onProgress = (message: string): void => {
    if (fetching || !message.startsWith(`HAProxy ${line}: `)) return;
    fetching = true;
    console.log(message);
  };
  try {
    const { version, origin } = await installHaproxy(line, { onProgress });
    console.log(`HAProxy ${version} is ready (${origin}, ${Date.now() - startedAt} ms)`);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

async function requestedFiles(project: TestProject): Promise<string[]> {
  // The file names given on the command line. Vitest does not document where it keeps them; without them, all files.
  const filters: unknown = Reflect.get(project.vitest, 'filenamePattern');
  const names = Array.isArray(filters) ? filters.filter((filter) => typeof filter === 'string') : [];
  const { testFiles } = await project.globTestFiles(names.length > 0 ? names : undefined);
  return testFiles;
}
