import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

/** What every agent that starts would pay for, in time and in memory: who needs one of these loads it where it is needed. */
const NOT_AT_THE_START = ['child_process', 'crypto', 'http', 'https', 'http2', 'tls'];

/** The packages that are entered through `require`, as most are; those of ESM alone leave no trace. */
const PACKAGES = /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules\/)/;

const PROGRAM = `
  import { createRequire } from 'node:module';
  import '@spoa/framework';
  const { cache } = createRequire(import.meta.url);
  console.log(JSON.stringify({ modules: process.moduleLoadList, files: Object.keys(cache) }));
`;

test('importing the framework as built loads what every agent needs, and no more', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', PROGRAM], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
  });
  const { modules, files } = JSON.parse(stdout) as { modules: string[]; files: string[] };
  expect(modules).toContain('NativeModule net');
  for (const name of NOT_AT_THE_START) expect(modules).not.toContain(`NativeModule ${name}`);
  const packages = new Set(files.map((file) => PACKAGES.exec(file)?.[1]));
  expect(packages).toContain('pino');
  for (const name of ['@opentelemetry/api', 'pino-pretty', 'prom-client', 'yaml', 'zod'])
    expect(packages).not.toContain(name);
});
