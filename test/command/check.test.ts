import { HAPROXY_VERSIONS } from '@spoa/framework/haproxy';
import { beforeEach, describe, expect, test } from 'vitest';
import { MAIN, ROOT, run, spoa } from './support/spoa.ts';
import { makeWorkspace, SCORES, type Workspace } from './support/workspace.ts';

let workspace: Workspace;
let folder: string;
beforeEach(async () => {
  workspace = await makeWorkspace();
  folder = workspace.folder;
  await workspace.addApp('scores', SCORES);
});

/** A haproxy.cfg whose filter names this spoe file. */
function haproxyFile(spoe: string, global = ''): string {
  return `global
    ${global || 'log stdout format raw daemon'}
defaults
    mode http
    timeout connect 1s
    timeout client 10s
    timeout server 10s
frontend web
    bind 127.0.0.1:8080
    filter spoe engine scores config ${spoe}
    default_backend web
backend web
    server web 127.0.0.1:8000
`;
}

/** The agents' backend stands in a file of its own. */
const AGENTS = `backend scores-agents
    mode spop
    option spop-check
    timeout connect 1s
    timeout server 60s
    server agent1 127.0.0.1:12345 check
`;

function spoeFile(sample = 'src', engine = 'scores'): string {
  return `[${engine}]
spoe-agent ${engine}
    messages score
    use-backend scores-agents
    option var-prefix sc
    timeout processing 500ms
spoe-message score
    args ip=${sample}
    event on-frontend-http-request
`;
}

const WRONG_TYPE =
  /^haproxy\/spoe\.conf:8:10: error: path gives text, .*; use another sample.* \(SPOA_HAPROXY_ARGUMENT_TYPE\)$/m;

describe('spoa check', () => {
  test('tells what is wrong by file, line and column, and ends with 1', async () => {
    await workspace.write({
      'haproxy/haproxy.cfg': haproxyFile('spoe.conf', 'default-path config') + AGENTS.replace(' check\n', '\n'),
      'haproxy/spoe.conf': spoeFile('path'),
    });
    const { code, stdout, stderr } = await spoa(folder, 'check', 'scores', 'haproxy/haproxy.cfg');
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(stdout).toMatch(WRONG_TYPE);
    expect(stdout).toMatch(/^haproxy\/haproxy\.cfg:19:\d+: warning: .* \(SPOA_HAPROXY_NO_HEALTH_CHECK\)$/m);
    expect(stdout.trimEnd().split('\n').at(-1)).toBe(
      'haproxy/haproxy.cfg, haproxy/spoe.conf: 1 error, 1 warning (engine scores, HAProxy 3.2)',
    );

    // Both files are called as the one that was given.
    const elsewhere = await spoa(folder, 'check', 'scores', `${folder}/haproxy/haproxy.cfg`);
    expect(elsewhere.stdout).toMatch(
      new RegExp(`^${folder}/haproxy/haproxy\\.cfg, ${folder}/haproxy/spoe\\.conf: `, 'm'),
    );

    const json = await spoa(folder, 'check', 'scores', 'haproxy/haproxy.cfg', '--json');
    expect(json.code).toBe(1);
    expect(JSON.parse(json.stdout)).toMatchObject({
      engine: 'scores',
      haproxy: '3.2',
      files: ['haproxy/haproxy.cfg', 'haproxy/spoe.conf'],
      counts: { error: 1, warning: 1 },
      findings: [
        { code: 'SPOA_HAPROXY_NO_HEALTH_CHECK', severity: 'warning', file: 'haproxy/haproxy.cfg', line: 19 },
        { code: 'SPOA_HAPROXY_ARGUMENT_TYPE', severity: 'error', file: 'haproxy/spoe.conf', line: 8, column: 10 },
      ],
    });
  });

  test('warnings end with 0, and with 1 where they count', async () => {
    await workspace.write({
      'haproxy.cfg': haproxyFile('spoe.conf') + AGENTS.replace(' check\n', '\n'),
      'spoe.conf': spoeFile(),
    });
    expect(await spoa(folder, 'check', 'scores', 'haproxy.cfg')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('haproxy.cfg, spoe.conf: 1 warning (engine scores, HAProxy 3.2)'),
    });
    expect(await spoa(folder, 'check', 'scores', 'haproxy.cfg', '--strict')).toMatchObject({ code: 1 });
  });

  test('says what it could not look for, where a message may set more than its code tells', async () => {
    await workspace.addApp(
      'open',
      `import { Args, Module, SpoeMessage } from '@spoa/framework';
class Score {
  handle() {
    return { session: { score: 1 } };
  }
}
Args()(Score.prototype, 'handle', 0);
SpoeMessage('score', { event: 'on-frontend-http-request' })(Score);
class AppModule {}
Module({ controllers: [Score] })(AppModule);
export const agent = { engine: 'scores', variablePrefix: 'sc', module: AppModule };`,
    );
    const rule = '    http-request deny if { var(sess.sc.nobody_sets_it) -m found }\n    default_backend web';
    await workspace.write({
      'haproxy.cfg': haproxyFile('spoe.conf').replace('    default_backend web', rule) + AGENTS,
      'spoe.conf': spoeFile(),
    });
    expect((await spoa(folder, 'check', 'scores', 'haproxy.cfg')).stdout).toContain('SPOA_HAPROXY_VARIABLE_UNSET');

    const { code, stdout, stderr } = await spoa(folder, 'check', 'open', 'haproxy.cfg');
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: 'haproxy.cfg, spoe.conf: nothing found (engine scores, HAProxy 3.2)\n',
    });
    expect(stderr).toMatch(/^spoa: warning: variables that nobody sets are not looked for: .* of score: .*returns/);
    const json = await spoa(folder, 'check', 'open', 'haproxy.cfg', '--json');
    expect(JSON.parse(json.stdout)).toMatchObject({ counts: { error: 0 }, open: ['score'] });
  });

  test('reads as the version that is named', async () => {
    await workspace.write({ 'haproxy.cfg': haproxyFile('spoe.conf') + AGENTS, 'spoe.conf': spoeFile() });
    expect(await spoa(folder, 'check', 'scores', 'haproxy.cfg')).toMatchObject({
      code: 0,
      stdout: 'haproxy.cfg, spoe.conf: nothing found (engine scores, HAProxy 3.2)\n',
    });
    const old = await spoa(folder, 'check', 'scores', 'haproxy.cfg', '--haproxy', '3.0');
    expect(old.code).toBe(1);
    expect(old.stdout).toMatch(/^haproxy\.cfg:15:\d+: error: .*\bspop\b.*\(SPOA_HAPROXY_REJECTED\)$/m);
  });

  test('reads several files, and those of a folder in their order', async () => {
    await workspace.write({
      'conf.d/10-web.cfg': haproxyFile('spoe.conf', 'default-path config'),
      'conf.d/20-agents.cfg': AGENTS,
      'conf.d/spoe.conf': spoeFile(),
      'conf.d/.hidden.cfg': 'nonsense',
    });
    const names = 'conf.d/10-web.cfg, conf.d/20-agents.cfg, conf.d/spoe.conf: nothing found';
    for (const given of [['conf.d'], ['conf.d/10-web.cfg', 'conf.d/20-agents.cfg']]) {
      const { code, stdout } = await spoa(folder, 'check', 'scores', ...given);
      expect(stdout).toContain(names);
      expect(code).toBe(0);
    }
    await workspace.write({ 'empty/readme.txt': '' });
    expect(await spoa(folder, 'check', 'scores', 'empty')).toMatchObject({
      code: 1,
      stderr: 'spoa: there is no *.cfg in empty\n',
    });
  });

  test.each([
    ['default-path config', 'conf/spoe.conf'],
    ['default-path parent', 'spoe.conf'],
    ['default-path current', 'spoe.conf'],
    ['default-path origin elsewhere', 'elsewhere/spoe.conf'],
    ['', 'spoe.conf'],
    ['', 'conf/spoe.conf'],
  ])('with "%s" the spoe file is %s', async (global, path) => {
    await workspace.write({
      'conf/haproxy.cfg': haproxyFile('spoe.conf', global) + AGENTS,
      [path]: spoeFile(),
    });
    const { code, stdout } = await spoa(folder, 'check', 'scores', 'conf/haproxy.cfg');
    expect(stdout).toBe(`conf/haproxy.cfg, ${path}: nothing found (engine scores, HAProxy 3.2)\n`);
    expect(code).toBe(0);
  });

  test('a spoe file that is not there is found at its filter, with how to say where it is', async () => {
    await workspace.write({
      'conf/haproxy.cfg': haproxyFile('spoe.conf', 'default-path config') + AGENTS,
      'spoe.conf': spoeFile(),
    });
    const { code, stdout, stderr } = await spoa(folder, 'check', 'scores', 'conf/haproxy.cfg');
    expect(code).toBe(1);
    expect(stdout).toMatch(/^conf\/haproxy\.cfg:10:\d+: error: the file spoe\.conf is not there; .*NO_SPOE_FILE\)$/m);
    expect(stderr).toBe('spoa: warning: spoe.conf is not where HAProxy looks for it: say where it is with --spoe\n');
    expect(await spoa(folder, 'check', 'scores', 'conf/haproxy.cfg', '--spoe', 'spoe.conf')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^conf\/haproxy\.cfg, spoe\.conf: nothing found/),
    });
  });

  test('--spoe takes the place of a path that only the environment of HAProxy knows, and of one with another name', async () => {
    await workspace.write({
      'environment.cfg': haproxyFile('"$SPOE_FILE"') + AGENTS,
      'production.cfg': haproxyFile('/etc/haproxy/scores.conf') + AGENTS,
      'mine.conf': spoeFile('path'),
    });
    const unknown = await spoa(folder, 'check', 'scores', 'environment.cfg');
    expect(unknown).toMatchObject({ code: 1, stderr: expect.stringContaining('holds a variable of the environment') });
    for (const name of ['environment.cfg', 'production.cfg']) {
      const { code, stdout } = await spoa(folder, 'check', 'scores', name, '--spoe', 'mine.conf');
      expect(stdout).toMatch(/^mine\.conf:8:10: error: .*ARGUMENT_TYPE\)$/m);
      expect(code).toBe(1);
    }
  });

  test('spoe files of one name, from several folders, are those of the filters in their order', async () => {
    const config = haproxyFile('/etc/b/spoe.conf').replace(
      '    filter',
      '    filter spoe engine other config /etc/a/spoe.conf\n$&',
    );
    await workspace.write({
      'haproxy.cfg': config + AGENTS,
      'a/spoe.conf': spoeFile('src', 'other'),
      'b/spoe.conf': spoeFile('path'),
    });
    const { stdout } = await spoa(
      ...[folder, 'check', 'scores', 'haproxy.cfg', '--spoe', 'a/spoe.conf', '--spoe', 'b/spoe.conf'],
    );
    expect(stdout).toMatch(/^b\/spoe\.conf:8:10: error: path gives text, .*$/m);
    expect(stdout).toContain('haproxy.cfg, a/spoe.conf, b/spoe.conf: 1 error');
  });

  test('what a file holds does not reach the terminal as a command to it', async () => {
    const config = haproxyFile('spoe.conf').replace('backend web', '\x1b]0;evil\x07\x1b[2J odd\n$&');
    await workspace.write({ 'haproxy.cfg': config + AGENTS, 'spoe.conf': `\x1b[31modd\n${spoeFile()}` });
    const { stdout } = await spoa(folder, 'check', 'scores', 'haproxy.cfg');
    expect(stdout).toContain('spoe.conf:1:1: error: \\x1b[31modd stands before the first section');
    expect(stdout).not.toMatch(/[^\P{Cc}\n]/u);
  });

  test('several spoe files are told apart by their names', async () => {
    const filter = '    filter spoe engine scores config /etc/haproxy/scores.conf\n';
    const other = filter.replaceAll('scores', 'other');
    await workspace.write({
      'haproxy.cfg': haproxyFile('/etc/haproxy/scores.conf').replace(filter, other + filter) + AGENTS,
      'here/scores.conf': spoeFile('path'),
      'here/other.conf': spoeFile('src', 'other'),
    });
    const { stdout } = await spoa(
      ...[folder, 'check', 'scores', '--spoe', 'here/other.conf', '--spoe', 'here/scores.conf', 'haproxy.cfg'],
    );
    expect(stdout).toMatch(/^here\/scores\.conf:8:10: error: .*ARGUMENT_TYPE\)$/m);
    const others = await spoa(
      ...[folder, 'check', 'scores', 'haproxy.cfg', '--engine', 'other', '--spoe', 'here/other.conf'],
    );
    expect(others).toMatchObject({ code: 0, stdout: expect.stringContaining('(engine other, HAProxy 3.2)') });
  });

  test('a file that cannot be read is told with its name', async () => {
    await workspace.write({ 'haproxy.cfg': haproxyFile('spoe.conf'), 'dir.cfg/x': '' });
    for (const args of [['nowhere.cfg'], ['haproxy.cfg', '--spoe', 'nowhere.cfg']]) {
      expect(await spoa(folder, 'check', 'scores', ...args)).toEqual({
        code: 1,
        stdout: '',
        stderr: 'spoa: cannot read nowhere.cfg: it is not there\n',
      });
    }
  });

  test('a reader that goes away changes nothing about what was found', async () => {
    await workspace.write({ 'haproxy.cfg': 'nonsense\n' });
    const script = 'set -o pipefail; "$0" "$1" check scores haproxy.cfg | true';
    const piped = await run('bash', ['-c', script, process.execPath, MAIN], { cwd: folder });
    expect(piped).toEqual({ code: 1, stdout: '', stderr: '' });
  });

  test('has colours on a terminal that wants them, and nowhere else', async () => {
    await workspace.write({ 'haproxy.cfg': 'nonsense\n' });
    const command = `${JSON.stringify(process.execPath)} ${JSON.stringify(MAIN)} check scores haproxy.cfg`;
    const terminal = (env: Record<string, string>) => {
      return run('script', ['-qec', command, '/dev/null'], { cwd: folder, env: { TERM: 'xterm', ...env } });
    };
    expect((await terminal({})).stdout).toContain('\u001B[31merror\u001B[39m');
    expect((await terminal({ NO_COLOR: '1' })).stdout).not.toContain('\u001B');
    expect((await terminal({ TERM: 'dumb' })).stdout).not.toContain('\u001B');
    expect((await spoa(folder, 'check', 'scores', 'haproxy.cfg')).stdout).not.toContain('\u001B');
  });

  test('needs a file', async () => {
    const { code, stderr } = await spoa(folder, 'check', 'scores');
    expect(code).toBe(2);
    expect(stderr).toContain("missing required argument 'haproxy.cfg'");
    expect(stderr).toContain('(see spoa check --help)');
  });

  test.each(HAPROXY_VERSIONS)('finds nothing in what ip-reputation brings, as HAProxy %s reads it', async (version) => {
    const folder = 'apps/ip-reputation/haproxy';
    const spoe = ['--spoe', `${folder}/spoe.conf`];
    expect(
      await spoa(ROOT, 'check', 'ip-reputation', `${folder}/haproxy.cfg`, ...spoe, '--haproxy', version),
    ).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\S+haproxy\.cfg, \S+spoe\.conf: nothing found/) });
  });
});
