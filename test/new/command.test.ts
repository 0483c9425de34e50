import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { MAIN, run, spoa } from '../command/support/spoa.ts';
import { emptyWorkspace } from './support/copied-workspace.ts';

/** Everything in a folder, by path, and what is in the files. */
async function contentsOf(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.map((entry) => ({ path: join(entry.parentPath, entry.name), isFile: entry.isFile() }));
  const contents = paths.map(async ({ path, isFile }) => [path, isFile ? await readFile(path, 'utf8') : 'a folder']);
  return Object.fromEntries(await Promise.all(contents)) as Record<string, string>;
}

describe('spoa new app', () => {
  test('without a terminal asks nothing and takes what it is told, or the defaults', async () => {
    const workspace = await emptyWorkspace();
    const made = await spoa(workspace, 'new', 'app', 'bot-check', '--no-install');
    expect(made).toMatchObject({ code: 0, stderr: 'writing apps/bot-check\nformatting it\n' });
    expect(made.stdout).toContain('npx -y pnpm@12 install');
    const read = (path: string): Promise<string> => readFile(join(workspace, 'apps', 'bot-check', path), 'utf8');
    expect(JSON.parse(await read('package.json'))).toMatchObject({ name: 'bot-check' });
    expect(await read('package.json')).not.toContain('pglite');
    expect(await read('src/bot-check.controller.ts')).toMatch(/@SpoeMessage\('bot-check'.*class BotCheckController /s);
    expect(await read('src/agent.ts')).toContain("engine: 'bot-check'");
    expect(await read('haproxy/haproxy.cfg')).toContain('server agent1 127.0.0.1:12345 ');
  });

  test('tells the workspace of it, beside the applications that are there', async () => {
    const workspace = await emptyWorkspace();
    const before = await readFile(join(workspace, 'tsconfig.json'), 'utf8');
    await spoa(workspace, 'new', 'app', 'bot-check', '--no-install');
    const lines = (await readFile(join(workspace, 'tsconfig.json'), 'utf8')).split('\n');
    const added = lines.indexOf('    { "path": "apps/bot-check" },');
    expect(lines[added - 1]).toMatch(/"apps\//);
    expect(lines.toSpliced(added, 1).join('\n')).toBe(before);
  });

  test('names files and classes after the message', async () => {
    const workspace = await emptyWorkspace();
    await spoa(workspace, 'new', 'app', 'a1', '--message', '3ds:check.Card_now', '--port', '9000', '--no-install');
    const folder = join(workspace, 'apps', 'a1');
    const controller = await readFile(join(folder, 'src', '3ds-check-card-now.controller.ts'), 'utf8');
    expect(controller).toContain("@SpoeMessage('3ds:check.Card_now', {");
    expect(controller).toContain('class Message3dsCheckCardNowController ');
    expect(await readFile(join(folder, 'src', 'app.module.ts'), 'utf8')).toContain(
      "'./3ds-check-card-now.controller.ts'",
    );
    expect(await readFile(join(folder, 'src', 'config.ts'), 'utf8')).toContain('DEFAULT_PORT = 9000');
    expect(await readFile(join(folder, 'haproxy', 'spoe.conf'), 'utf8')).toContain('spoe-message 3ds:check.Card_now\n');
    // Nothing of the templates is left.
    expect(Object.values(await contentsOf(folder)).join('\n')).not.toMatch(/app.name|message.name|MessageName|12345/i);
  });

  test('--json tells what was made, and nothing else on standard output', async () => {
    const workspace = await emptyWorkspace();
    const { code, stdout } = await spoa(
      workspace,
      'new',
      'app',
      'a1',
      '--database',
      'pglite',
      '--no-install',
      '--json',
    );
    const told = JSON.parse(stdout) as { folder: string; files: string[]; next: string[] };
    expect({ code, ...told }).toMatchObject({ code: 0, name: 'a1', database: 'pglite', message: 'a1', port: 12345 });
    expect(told.files).toContain('src/database/migrate.ts');
    for (const file of told.files) expect(existsSync(join(told.folder, file)), file).toBe(true);
    expect(told.next).toContain('npm run build');
  });

  test('--dry-run lists the files and writes none', async () => {
    const workspace = await emptyWorkspace();
    const before = await contentsOf(workspace);
    const listed = await spoa(workspace, 'new', 'app', 'a1', '--dry-run');
    expect(listed).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/^apps\/a1\/src\/main\.ts$/m) });
    expect(await contentsOf(workspace)).toEqual(before);
  });

  test('helps', async () => {
    const help = await spoa('/', 'new', 'app', '--help');
    expect(help).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/--database .*--message .*Examples:.*Exit codes/s),
    });
    expect(await spoa('/', 'new', '--help')).toMatchObject({ code: 0, stdout: expect.stringContaining('app ') });
  });
});

describe('a wrong command line', () => {
  test.each([
    [[], /missing argument 'name'/],
    [['Bot'], /small letters and digits/],
    [['bot_check'], /small letters and digits/],
    [['../bot'], /small letters and digits/],
    [['1bot'], /a letter first/],
    [['b'.repeat(41)], /40 letters at most/],
    [['bot', '--message', 'two words'], /HAProxy takes letters/],
    [['bot', '--message', '---'], /has a letter or a digit/],
    [['bot', '--database', 'oracle'], /Allowed choices are none, pglite/],
    [['bot', '--port', '0'], /from 1 to 65535/],
    [['bot', '--port', '9000x'], /from 1 to 65535/],
  ])('%j', async (args, stderr) => {
    const workspace = await emptyWorkspace();
    const ended = await spoa(workspace, 'new', 'app', ...args, '--no-install');
    expect(ended).toEqual({ code: 2, stdout: '', stderr: expect.stringMatching(stderr) });
    expect(existsSync(join(workspace, 'apps'))).toBe(false);
  });
});

describe('what cannot be done', () => {
  test('outside of a workspace', async () => {
    const ended = await spoa(tmpdir(), 'new', 'app', 'bot-check', '--no-install');
    expect(ended).toEqual({ code: 1, stdout: '', stderr: expect.stringContaining('is in no workspace of spoa') });
  });

  test('a name that is taken: what is there stays', async () => {
    const workspace = await emptyWorkspace();
    await mkdir(join(workspace, 'apps', 'bot-check'), { recursive: true });
    await writeFile(join(workspace, 'apps', 'bot-check', 'mine.txt'), 'mine');
    const before = await contentsOf(workspace);
    const ended = await spoa(workspace, 'new', 'app', 'bot-check', '--no-install');
    expect(ended).toEqual({ code: 1, stdout: '', stderr: expect.stringContaining('apps/bot-check is there already') });
    expect(await contentsOf(workspace)).toEqual(before);
  });

  test('a name that another package has', async () => {
    const workspace = await emptyWorkspace();
    await writeFile(join(workspace, 'package.json'), '{ "name": "bot-check" }');
    const refused = await spoa(workspace, 'new', 'app', 'bot-check', '--no-install');
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('has this name already') });
  });

  test('a tsconfig.json that is laid out otherwise: says what to add, and goes on when it is there', async () => {
    const workspace = await emptyWorkspace();
    const config = join(workspace, 'tsconfig.json');
    await writeFile(config, '{ "references": [] }');
    const refused = await spoa(workspace, 'new', 'app', 'bot-check', '--no-install');
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('add { "path": "apps/bot-check" }') });
    expect(existsSync(join(workspace, 'apps', 'bot-check'))).toBe(false);
    await writeFile(config, '{ "references": [{ "path": "apps/bot-check" }] }');
    expect(await spoa(workspace, 'new', 'app', 'bot-check', '--no-install')).toMatchObject({ code: 0 });
  });

  test('an install that fails leaves nothing behind', async () => {
    const workspace = await emptyWorkspace();
    await mkdir(join(workspace, 'apps'));
    await writeFile(join(workspace, 'pnpm-lock.yaml'), 'as it was\n');
    await writeFile(join(workspace, 'package.json'), 'this is no JSON');
    const before = await contentsOf(workspace);
    const ended = await run(process.execPath, [MAIN, 'new', 'app', 'bot-check'], { cwd: workspace });
    expect(ended).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('nothing is left of the application'),
    });
    expect(await contentsOf(workspace)).toEqual(before);
  });

  test('Ctrl-C while it installs leaves nothing behind', async () => {
    const workspace = await emptyWorkspace();
    await mkdir(join(workspace, 'apps'));
    const before = await contentsOf(workspace);
    const child = spawn(process.execPath, [MAIN, 'new', 'app', 'bot-check'], { cwd: workspace, stdio: 'pipe' });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (text.includes('installing')) child.kill('SIGINT');
    });
    const [code] = (await once(child, 'close')) as [number | null];
    expect({ code, said }).toEqual({ code: 1, said: expect.stringContaining('interrupted: nothing is left') });
    expect(await contentsOf(workspace)).toEqual(before);
  });
});
