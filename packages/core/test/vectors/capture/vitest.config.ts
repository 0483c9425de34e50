import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import workspace from '../../../../../vitest.config.ts';

/** Runs the recorder, which is no test: its name does not end in `.test.ts`. */
export default defineConfig({
  ...workspace,
  root: fileURLToPath(new URL('../../../../..', import.meta.url)),
  test: { ...workspace.test, include: ['packages/core/test/vectors/capture/capture.ts'], fileParallelism: false },
});
