import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { MAIN, ROOT, run, spoa } from './support/spoa.ts';
import { makeWorkspace } from './support/workspace.ts';

describe('spoa', () => {
  test('alone prints its help', async () => {
    const alone = await spoa('/');
    expect(alone).toEqual(await spoa('/', '--help'));
    expect(alone).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/^Usage: spoa .*Examples:\n/s) });
  });

  test('prints its version', async () => {
    const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { version: string };
    expect(await spoa('/', '--version')).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });

  test('helps with a command in either way', async () => {
    const help = await spoa('/', 'help', 'check');
    expect(help).toEqual(await spoa('/', 'check', '--help'));
    expect(help).toMatchObject({ code: 0, stdout: expect.stringContaining('--strict') });
  });

  test.each([
    [['chek', 'x'], "error: unknown command 'chek'\n(Did you mean check?)\n(see spoa --help)\n"],
    [['--verison'], "error: unknown option '--verison'\n(Did you mean --version?)\n(see spoa --help)\n"],
  ])('%s is a wrong command line', async (args, stderr) => {
    expect(await spoa('/', ...args)).toEqual({ code: 2, stdout: '', stderr });
  });

  test.each(['.', 'apps/ip-reputation'])('npx finds it in %s', async (folder) => {
    const cache = await mkdtemp(join(tmpdir(), 'spoa-npx-'));
    onTestFinished(() => rm(cache, { recursive: true }));
    const { code, stdout } = await run('npx', ['spoa', 'help', 'config'], {
      cwd: join(ROOT, folder),
      // Another package of this name, from the registry, would be a mistake.
      env: { npm_config_cache: cache, npm_config_offline: 'true' },
    });
    expect({ code, stdout }).toEqual({ code: 0, stdout: (await spoa('/', 'help', 'config')).stdout });
  });

  test('Ctrl-C ends it without a word', async () => {
    const workspace = await makeWorkspace();
    await workspace.addApp('slow', "console.error('loading'); await new Promise((end) => setTimeout(end, 1e6));\n");
    const args = [MAIN, 'config', 'slow'];
    const child = spawn(process.execPath, args, { cwd: workspace.folder, stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      child.kill('SIGINT');
    });
    expect(await once(child, 'close')).toEqual([null, 'SIGINT']);
    expect(said).toBe('loading\n');
  });
});
