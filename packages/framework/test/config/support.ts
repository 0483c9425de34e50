import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { onTestFinished } from 'vitest';
import { ConfigError, type ConfigService, type LoadConfigOptions, loadConfig } from '../../src/config/index.ts';

/** Files of one test, in a folder that goes with it. Returns the path of each. */
export async function files<Name extends string>(contents: Record<Name, string>): Promise<Record<Name, string>> {
  const folder = await mkdtemp(join(tmpdir(), 'spoa-config-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const paths = {} as Record<Name, string>;
  for (const [name, content] of Object.entries<string>(contents)) {
    paths[name as Name] = join(folder, name);
    await writeFile(join(folder, name), content);
  }
  return paths;
}

/** Loads with nothing from the machine that the test runs on. */
export function load<Schema extends StandardSchemaV1>(
  options: LoadConfigOptions<Schema>,
): Promise<ConfigService<StandardSchemaV1.InferOutput<Schema>>> {
  return loadConfig({ env: {}, envFile: false, ...options });
}

/** The error that a start stops with. */
export async function configError(options: LoadConfigOptions<StandardSchemaV1>): Promise<ConfigError> {
  const error: unknown = await load(options).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof ConfigError) return error;
  throw new Error(`a ConfigError was expected, not ${error}`);
}
