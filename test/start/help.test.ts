import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

/** Says at the end, on standard error, which modules of Node itself were loaded. */
const TELL_MODULES = 'data:text/javascript,process.on("exit",()=>console.error(process.moduleLoadList.join("\\n")))';

test('spoa --help names the commands and loads none of them', async () => {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--import', TELL_MODULES, MAIN, '--help']);
  expect(stdout).toMatch(/^ {2}start\b.* HAProxy$/m);
  const loaded = stderr.split('\n');
  expect(loaded).toContain('NativeModule path');
  // pino has it, and with it whatever has a log: the framework and the applications.
  expect(loaded).not.toContain('NativeModule worker_threads');
});
