import { once } from 'node:events';
import { readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { request, startHaproxy } from '@spoa/testing';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { startPostgres } from '../../apps/ip-reputation/test/support/postgres.ts';
import { type Ended, ROOT, run, spoa } from '../command/support/spoa.ts';
import { copyWorkspace } from './support/copied-workspace.ts';
import { freePort } from './support/free-port.ts';
import { startAgent } from './support/started.ts';

/*
 * What `spoa new app` makes, for each choice: installed, checked, built, tested and run as a user would, step by step.
 */

/** Compilers and installs take their time where many run at once. */
const STEP_MS = 240_000;

const BLOCKED = '127.0.0.66';
const GOOD = { code: 0, problems: '' };

describe.each(['none', 'pglite'])('spoa new app --database %s', { timeout: STEP_MS }, (database) => {
  const app = `app-with-${database}`;
  let workspace: string;
  let port: number;
  let made: Ended;

  beforeAll(async () => {
    workspace = await copyWorkspace();
    port = await freePort();
    // From within, and with nobody to ask.
    made = await spoa(
      join(workspace, 'packages', 'core'),
      ...['new', 'app', app, '--database', database, '--message', 'Check.client', '--port', String(port)],
    );
    return () => rm(workspace, { recursive: true, force: true });
  }, STEP_MS);

  const here = (...path: string[]): string => join(workspace, 'apps', app, ...path);
  const bin = (name: string): string => join(workspace, 'node_modules', '.bin', name);
  const problemsOf = async (program: string, ...args: string[]) => {
    const { code, stdout, stderr } = await run(program, args, { cwd: workspace, env: { VITEST: '' } });
    return { code, problems: code === 0 ? '' : stdout + stderr };
  };

  test('makes it, and says how to go on', () => {
    expect(made.code, made.stderr).toBe(0);
    expect(made.stdout).toContain(`node apps/${app}/dist/main.js`);
  });

  test('the command is there in every folder of it', async () => {
    const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { version: string };
    const told = await run('npx', ['spoa', '--version'], { cwd: here('src') });
    expect(told).toMatchObject({ code: 0, stdout: `${version}\n` });
  });

  test('it is formatted, and the linter finds nothing', async () => {
    expect(await problemsOf(bin('biome'), 'ci', 'apps', 'tsconfig.json')).toEqual(GOOD);
  });

  test('the build of the workspace builds it', async () => {
    expect(await problemsOf(bin('tsc'), '-b')).toEqual(GOOD);
    expect(await readFile(here('dist', 'main.js'), 'utf8')).toContain('SpoaApplication');
  });

  test('its tests are compiled with the others', async () => {
    expect(await problemsOf(bin('tsc'), '-p', 'tsconfig.test.json')).toEqual(GOOD);
  });

  test('its tests pass, behind a real HAProxy too', async () => {
    expect(await problemsOf(bin('vitest'), 'run', `apps/${app}`)).toEqual(GOOD);
  });

  test('its configuration of HAProxy is the one that spoa config makes, and fits', async () => {
    const config = await spoa(workspace, 'config', app, '--haproxy', '3.2', '--out', `apps/${app}/haproxy`);
    expect(config).toMatchObject({ code: 0, stderr: expect.stringMatching(/^(.* is as it should be\n){2}$/) });
    expect(await spoa(workspace, 'check', app, `apps/${app}/haproxy/haproxy.cfg`, '--strict')).toMatchObject({
      code: 0,
    });
  });

  test('it answers a real HAProxy with that configuration, and ends in peace', async () => {
    const agent = await startAgent(here('dist', 'main.js'), { ADMIN_PORT: String(await freePort()) });
    expect(await blockedBehindHaproxy()).toEqual(['0', '1']);
    expect(await agent.end()).toBe(0);
  });

  test('it tells its settings', async () => {
    const help = await run(process.execPath, [here('dist', 'main.js'), '--help']);
    expect(help).toMatchObject({ code: 0, stderr: '' });
    expect(help.stdout).toContain(`--port          PORT          where HAProxy finds the agent (default: ${port})`);
  });

  if (database === 'pglite') {
    test('it answers from a PostgreSQL server instead, which has the same tables', async () => {
      const postgres = await startPostgres();
      onTestFinished(() => postgres.stop());
      // A folder that is none: nothing of the embedded database may be touched.
      const env = { DATABASE_URL: await postgres.createDatabase(), DATA_FOLDER: '/dev/null' };
      const agent = await startAgent(here('dist', 'main.js'), env);
      expect(await blockedBehindHaproxy()).toEqual(['0', '1']);
      expect(await agent.end()).toBe(0);
      // Once more, with tables that are there.
      expect(await (await startAgent(here('dist', 'main.js'), env)).end()).toBe(0);
    });

    test('a second process is kept from its folder, and the next one is not', async () => {
      const agent = await startAgent(here('dist', 'main.js'));
      const second = await run(process.execPath, [here('dist', 'main.js')], { env: { PORT: '0' } });
      expect(second).toMatchObject({
        code: 1,
        // With where it was thrown, as the remedy says.
        stderr: expect.stringMatching(/process \d+ has the database in .*data[\s\S]*at DataFolderLock\.take/),
      });
      // Who ends by force leaves it to the next.
      await agent.kill();
      expect(await (await startAgent(here('dist', 'main.js'))).end()).toBe(0);
    });
  }

  /** What the server behind HAProxy is told of a request from here, and of one from where nobody is let in. */
  async function blockedBehindHaproxy(): Promise<unknown[]> {
    const origin = createServer((incoming, response) => {
      response.end(String(incoming.headers[`x-${app}-blocked`]));
    }).listen(0, '127.0.0.1');
    await once(origin, 'listening');
    onTestFinished(() => void origin.close());
    const front = await freePort();
    const read = (name: string): Promise<string> => readFile(here('haproxy', name), 'utf8');
    await using _haproxy = await startHaproxy({
      version: '3.2',
      config: await read('haproxy.cfg'),
      files: { 'spoe.conf': await read('spoe.conf') },
      env: { SPOA_BIND: `127.0.0.1:${front}`, SPOA_ORIGIN: `127.0.0.1:${(origin.address() as AddressInfo).port}` },
    });
    const answers = await Promise.all([request(front), request(front, { localAddress: BLOCKED })]);
    return answers.map(({ body }) => body);
  }
});
