import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HAPROXY_VERSIONS, installHaproxy } from '@spoa/testing';
import { beforeEach, describe, expect, test } from 'vitest';
import { MAIN, run, spoa } from './support/spoa.ts';
import { agentFile, makeWorkspace, SCORES, type Workspace } from './support/workspace.ts';

let workspace: Workspace;
let folder: string;
beforeEach(async () => {
  workspace = await makeWorkspace();
  folder = workspace.folder;
  await workspace.addApp('scores', SCORES);
});

const read = (name: string): Promise<string> => readFile(join(folder, name), 'utf8');

describe('spoa config', () => {
  test.each(HAPROXY_VERSIONS)(
    'what it writes for HAProxy %s is what that takes, without a warning',
    async (version) => {
      const { code, stdout, stderr } = await spoa(
        folder,
        'config',
        'scores',
        '--haproxy',
        version,
        '--out',
        'made/by/it',
      );
      expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
      expect(stderr).toBe('made/by/it/haproxy.cfg written\nmade/by/it/spoe.conf written\n');
      const { command, args } = await installHaproxy(version);
      const said = await run(command, [...args, '-c', '-f', 'made/by/it/haproxy.cfg'], { cwd: folder });
      expect(said, said.stderr).toMatchObject({ code: 0 });
      expect(said.stderr).not.toMatch(/WARNING|ALERT/);
      expect(await read('made/by/it/haproxy.cfg')).toContain(`# HAProxy ${version} `);
      expect(await spoa(folder, 'check', 'scores', 'made/by/it/haproxy.cfg', '--haproxy', version)).toMatchObject({
        code: 0,
      });
    },
  );

  test('prints both files, each under its name, as it would write them for 3.2', async () => {
    const { code, stdout, stderr } = await spoa(folder, 'config', 'scores');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    await spoa(folder, 'config', 'scores', '--haproxy', '3.2', '--out', '.');
    const [before, haproxy, spoe] = stdout.split(/^# =+ (?:haproxy\.cfg|spoe\.conf) =+\n\n/m);
    expect(before).toBe('');
    expect(haproxy).toBe(`${await read('haproxy.cfg')}\n`);
    expect(spoe).toBe(await read('spoe.conf'));
  });

  test('prints a part for a configuration that is there, and all of them as data', async () => {
    const { stdout } = await spoa(folder, 'config', 'scores', '--json', '--haproxy', '3.0.7');
    const made = JSON.parse(stdout);
    expect(made).toMatchObject({ engine: 'scores', haproxy: '3.0' });
    const parts = {
      filter: made.fragments.filter,
      rules: made.fragments.rules,
      backend: made.fragments.backend,
      haproxy: made.files['haproxy.cfg'],
      spoe: made.files['spoe.conf'],
    };
    for (const [part, text] of Object.entries(parts)) {
      expect(await spoa(folder, 'config', 'scores', '--haproxy', '3.0', '--part', part)).toEqual({
        code: 0,
        stdout: text,
        stderr: '',
      });
    }
    expect(parts.backend).toContain('mode tcp');
    const { stdout: filter } = await spoa(
      folder,
      'config',
      'scores',
      '--part',
      'filter',
      '--spoe-file',
      '/etc/sc.conf',
    );
    expect(filter).toMatch(/^ +filter spoe engine scores config \/etc\/sc\.conf$/m);
  });

  test('takes another engine, prefix and servers than those of the agent', async () => {
    const servers = ['--server', '10.0.0.7:1', '--server', '[2001:db8::1]:2', '--server', '/run/a.sock'];
    const changes = ['--engine', 'other', '--prefix', 'ot', ...servers];
    const { stdout } = await spoa(folder, 'config', 'scores', ...changes);
    expect(stdout.match(/^ +server agent\d \S+/gm)?.map((line) => line.trim())).toEqual([
      'server agent1 10.0.0.7:1',
      'server agent2 [2001:db8::1]:2',
      'server agent3 unix@/run/a.sock',
    ]);
    expect(stdout).toContain('filter spoe engine other config spoe.conf');
    expect(stdout).toContain('var(sess.ot.score)');
    expect(stdout).not.toContain('12345');
  });

  test('other servers of an agent that speaks TLS are spoken to in TLS', async () => {
    const server = "{ host: 'a.test', port: 1, tls: { caFile: '/ca.pem', serverName: 'agent.test' } }";
    await workspace.addApp('tls', agentFile(`{ engine: 'tls', module: AppModule, servers: [${server}] }`));
    const args = ['--part', 'backend', '--server', 'b.test:2', '--server', '/run/b.sock'];
    const { stdout } = await spoa(folder, 'config', 'tls', ...args);
    expect(stdout).toMatch(/server agent1 b\.test:2 .* ssl verify required ca-file \/ca\.pem .*agent\.test/);
    expect(stdout).toMatch(/server agent2 unix@\/run\/b\.sock (?!.*ssl)/);
  });

  test('does not overwrite what somebody changed, unless --force says so', async () => {
    const out = ['config', 'scores', '--out', 'out'];
    await spoa(folder, ...out);
    const again = await spoa(folder, ...out);
    expect(again).toMatchObject({ code: 0, stderr: expect.stringMatching(/^(out\/\S+ is as it should be\n){2}$/) });

    await writeFile(join(folder, 'out/spoe.conf'), '# mine\n');
    const refused = await spoa(folder, ...out, '--engine', 'other');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/out\/haproxy\.cfg and out\/spoe\.conf are there and differ.*--force/);
    expect(await read('out/spoe.conf')).toBe('# mine\n');
    expect(await read('out/haproxy.cfg')).toContain('engine scores');

    const forced = await spoa(folder, ...out, '--force');
    expect(forced).toMatchObject({ code: 0, stderr: expect.stringContaining('out/spoe.conf overwritten\n') });
    expect(await read('out/spoe.conf')).toContain('[scores]');
    expect((await readdir(join(folder, 'out'))).toSorted()).toEqual(['haproxy.cfg', 'spoe.conf']);
  });

  test('a folder that cannot be written to is told without a stack', async () => {
    await mkdir(join(folder, 'out'));
    await mkdir(join(folder, 'out/spoe.conf'));
    const { code, stderr } = await spoa(folder, 'config', 'scores', '--out', 'out');
    expect(code).toBe(1);
    expect(stderr).toMatch(/^spoa: cannot read what is at out\/spoe\.conf: EISDIR.*\n$/);
    expect(await readdir(join(folder, 'out'))).toEqual(['spoe.conf']);
  });

  test('a reader that goes away is no failure, and prints nothing', async () => {
    const script = 'set -o pipefail; "$0" "$1" config scores --json | true';
    const piped = await run('bash', ['-c', script, process.execPath, MAIN], { cwd: folder });
    expect(piped).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  test.each([
    [['--haproxy', '2.8'], 'For 2.8 use 2.6'],
    [['--haproxy', '3.1'], 'For 3.1 use 3.0'],
    [['--haproxy', '3.9'], 'For 3.9 use 3.4'],
    [['--haproxy', '1.8'], 'The oldest that is known is 2.6'],
    [['--haproxy', 'new'], 'Use one of 2.6, 3.0, 3.2, 3.4'],
    [['--server', '12345'], 'Use host:port'],
    [['--server', 'a:99999'], 'A port is from 1 to 65535'],
    [['--part', 'all'], 'Allowed choices are filter, rules, backend, spoe, haproxy'],
    [['--part', 'spoe', '--json'], 'cannot be used with'],
    [['--out', 'x', '--json'], 'cannot be used with'],
    [['--out', 'x', '--spoe-file', 'y'], 'cannot be used with'],
    [['--ot', 'x'], 'Did you mean --out?'],
    [['another'], 'too many arguments'],
  ])('%s is a wrong command line', async (args, told) => {
    const { code, stdout, stderr } = await spoa(folder, 'config', 'scores', ...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(told);
    expect(stderr).toContain('(see spoa config --help)');
  });
});
