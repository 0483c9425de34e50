import { mkdir, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { spoa } from './support/spoa.ts';
import { agentFile, makeWorkspace, SCORES, type Workspace } from './support/workspace.ts';

let workspace: Workspace;
let folder: string;
beforeEach(async () => {
  workspace = await makeWorkspace();
  folder = workspace.folder;
});

/** What is said where the application cannot be read. */
async function refusal(app: string): Promise<string> {
  const { code, stdout, stderr } = await spoa(folder, 'config', app);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  return stderr;
}

describe('APP', () => {
  test('is a name in the workspace around the current folder, or a path', async () => {
    await workspace.addApp('scores', SCORES);
    const deep = join(folder, 'apps/scores/dist');
    for (const [cwd, app] of [
      [folder, 'scores'],
      [folder, 'apps/scores'],
      [deep, 'scores'],
      [deep, '..'],
      ['/', join(folder, 'apps/scores')],
    ] as const) {
      const { code, stdout, stderr } = await spoa(cwd, 'config', app, '--part', 'filter');
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toContain('filter spoe engine scores');
    }
  });

  test('that is not there: says which there are, and how to make it', async () => {
    await workspace.addApp('scores', SCORES);
    await workspace.addApp('bots', SCORES);
    const said = await refusal('score');
    expect(said).toMatch(/^spoa: no application score: in .*apps there is bots, scores\. .*`spoa new app score`/);
    expect(await spoa(folder, 'check', 'score', 'haproxy.cfg')).toEqual({ code: 1, stdout: '', stderr: said });
    expect(await refusal('./score')).toBe('spoa: there is no folder ./score\n');
    const outside = await spoa('/', 'config', 'score');
    expect(outside).toMatchObject({ code: 1, stderr: expect.stringContaining('no workspace (pnpm-workspace.yaml)') });
  });

  test('that is not built, or has no agent.ts: says what to run or write', async () => {
    await workspace.write({ 'apps/written/src/agent.ts': 'export {};', 'apps/empty/package.json': '{}' });
    expect(await refusal('written')).toBe('spoa: apps/written is not built: run `npm run build`\n');
    const told = await refusal('empty');
    expect(told).toContain('apps/empty has no src/agent.ts');
    expect(told).toContain("    engine: 'empty',\n    module: AppModule,\n");
  });

  test('whose source is newer than what is built: is used, with a warning', async () => {
    await workspace.addApp('scores', SCORES);
    await workspace.write({ 'apps/scores/src/score.ts': '', 'apps/scores/dist/score.js': '' });
    const [old, older] = [new Date('2026-01-02'), new Date('2026-01-01')];
    const at = (time: Date, ...names: string[]) => {
      return Promise.all(names.map((name) => utimes(join(folder, 'apps/scores', name), time, time)));
    };
    await at(older, 'dist/agent.js', 'dist/score.js');
    await at(old, 'src/score.ts');
    const stale = await spoa(folder, 'config', 'scores', '--part', 'filter');
    expect(stale).toMatchObject({ code: 0, stdout: expect.stringContaining('filter spoe engine scores') });
    expect(stale.stderr).toBe(
      'spoa: warning: apps/scores/src/score.ts is newer than what is built: run `npm run build`\n',
    );
    // The compiler writes only those files again that have become others.
    await at(new Date('2026-01-03'), 'dist/score.js');
    expect(await spoa(folder, 'config', 'scores')).toMatchObject({ code: 0, stderr: '' });
  });

  test.each([
    ['export const app = {};', 'exports no `agent`'],
    ['export const agent = 1;', 'is no object'],
    ['export const agent = { module: class {} };', 'has no `engine`'],
    ["export const agent = { engine: 'a' };", 'has no `module`'],
  ])('whose agent.js is "%s": says what to write', async (text, told) => {
    await workspace.addApp('a', text);
    const said = await refusal('a');
    expect(said).toContain(told);
    expect(said).toContain('apps/a/dist/agent.js');
    expect(said).toContain('export const agent: AgentDefinition = {');
  });

  test('whose import throws: says what, and where', async () => {
    await workspace.addApp('a', "\nthrow new TypeError('no such luck');\n");
    const said = await refusal('a');
    expect(said).toMatch(/^spoa: apps\/a\/dist\/agent\.js could not be imported:\nTypeError: no such luck\n/);
    expect(said).toMatch(/apps\/a\/dist\/agent\.js:2:7\n$/);

    await workspace.addApp('b', "import 'not-there';\n");
    expect(await refusal('b')).toMatch(
      /could not be imported, something is not installed or not built \(`npm run deps`, `npm run build`\):\n.*not-there/,
    );
  });

  test('with mistakes in its modules or its messages: lists all of them with their codes, and no stack', async () => {
    await workspace.addApp(
      'modules',
      agentFile(
        '{ engine: "a", module: { module: AppModule, imports: [undefined], controllers: [class Bare {}, 7] } }',
      ),
    );
    const modules = await refusal('modules');
    expect(modules).toMatch(/^spoa: apps\/modules: the application has \d+ mistakes:\n/);
    expect(modules.match(/\(SPOA_BOOT_[A-Z_]+\)$/gm)?.length).toBeGreaterThan(1);
    expect(modules).not.toMatch(/^\s+at /m);

    await workspace.addApp('messages', agentFile('{ engine: "a", module: AppModule }', { name: 'a b' }));
    expect(await refusal('messages')).toMatch(/^spoa: apps\/messages: the application has one mistake:.*a b.*\(SPOA_/s);
  });

  test('that HAProxy cannot be configured for: lists everything that is missing', async () => {
    await workspace.addApp(
      'a',
      agentFile('{ engine: "a b", module: AppModule }', { args: { ip: { type: 'ip' } }, event: 'on-client-session' }),
    );
    const { code, stdout, stderr } = await spoa(folder, 'config', 'a');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('HAProxy refuses the name "a b"');
    expect(stderr).toContain('servers: there is none');
    expect(stderr).toContain('argument ip');
    expect(stderr).toContain('(SPOA_HAPROXY_DESCRIPTION)');
    expect(stderr).toContain('--server host:port');
  });

  test('that opens something on import: does not keep the command', async () => {
    await workspace.addApp('a', `setInterval(() => undefined, 1000);\n${SCORES}`);
    expect(await spoa(folder, 'config', 'a', '--part', 'filter')).toMatchObject({ code: 0 });
    await workspace.addApp('b', "setInterval(() => undefined, 1000);\nthrow new Error('ends');\n");
    expect(await spoa(folder, 'config', 'b')).toMatchObject({ code: 1 });
  });

  test('of another workspace is described by its own framework', async () => {
    await workspace.addApp('a', 'export const agent = { engine: "theirs", module: class {} };');
    await mkdir(join(folder, 'apps/a/node_modules'), { recursive: true });
    await workspace.write({
      'apps/a/node_modules/@spoa/framework/package.json': JSON.stringify({
        name: '@spoa/framework',
        type: 'module',
        exports: { './haproxy': './haproxy.js' },
      }),
      'apps/a/node_modules/@spoa/framework/haproxy.js': `
export const describeAgent = async ({ engine }) => ({
  engine,
  messages: [{ name: 'of-theirs', event: 'on-frontend-http-request', arguments: [], variables: [] }],
  servers: [{ host: '127.0.0.1', port: 1 }],
});
`,
    });
    const { code, stdout } = await spoa(folder, 'config', 'a', '--part', 'spoe');
    expect(code).toBe(0);
    expect(stdout).toContain('spoe-message of-theirs');
  });
});
