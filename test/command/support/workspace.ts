import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { ROOT } from './spoa.ts';

/** A folder as an application's workspace is, with applications that are built already. */
export interface Workspace {
  readonly folder: string;
  /** Writes files by their paths below the folder. */
  write(files: Readonly<Record<string, string>>): Promise<void>;
  /** Makes `apps/NAME`, whose `dist/agent.js` is this, before anything else in the test is newer. */
  addApp(name: string, agent: string): Promise<void>;
}

/** Is removed after the test. */
export async function makeWorkspace(): Promise<Workspace> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'spoa-command-')));
  onTestFinished(() => rm(folder, { recursive: true }));
  const workspace: Workspace = {
    folder,
    async write(files) {
      for (const [name, text] of Object.entries(files)) {
        await mkdir(dirname(join(folder, name)), { recursive: true });
        await writeFile(join(folder, name), text);
      }
    },
    async addApp(name, agent) {
      await workspace.write({
        [`apps/${name}/package.json`]: JSON.stringify({ name, type: 'module' }),
        [`apps/${name}/dist/agent.js`]: agent,
      });
    },
  };
  await workspace.write({ 'pnpm-workspace.yaml': 'packages: [apps/*]\n', 'package.json': '{}' });
  await mkdir(join(folder, 'node_modules', '@spoa'), { recursive: true });
  await symlink(join(ROOT, 'packages', 'framework'), join(folder, 'node_modules', '@spoa', 'framework'));
  return workspace;
}

/** `dist/agent.js` of an application that scores addresses. */
export const SCORES = agentFile(`{
  engine: 'scores',
  variablePrefix: 'sc',
  module: AppModule,
  servers: [{ host: '127.0.0.1', port: 12345 }, { path: '/run/scores.sock' }],
}`);

/** @param agent the definition, in JavaScript */
export function agentFile(agent: string, message: Readonly<Record<string, unknown>> = {}): string {
  const overrides = JSON.stringify(message);
  return `
import { defineMessage, Module } from '@spoa/framework';

const score = defineMessage({
  name: 'score',
  event: 'on-frontend-http-request',
  args: { ip: { type: 'ip', sample: 'src' } },
  vars: { score: 'session' },
  handle: () => ({ score: 1 }),
  ...${overrides},
});
class AppModule {}
Module({ controllers: [score] })(AppModule);
export const agent = ${agent};
`;
}
