import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { AgentDefinition, AgentDescription } from '@spoa/framework/haproxy';
import { type App, shorter } from './find-app.ts';
import { changedSinceBuild } from './freshness.ts';

/** What {@link loadAgent} does besides. */
export interface LoadAgentOptions {
  /** Gets what is doubtful and no failure, such as a build that is older than its source. */
  readonly onWarning: (message: string) => void;
}

/**
 * Imports the built `dist/agent.js` of an application and describes its `agent`. Nothing of the application is started.
 *
 * @throws Error that says what to do: not built, no `agent`, an import that threw, and all mistakes of its modules
 */
export async function loadAgent(app: App, { onWarning }: LoadAgentOptions): Promise<AgentDescription> {
  const built = join(app.folder, 'dist', 'agent.js');
  if (!existsSync(built)) throw new Error(notThere(app));
  const changed = changedSinceBuild(app);
  if (changed !== undefined) onWarning(`${shorter(changed)} is newer than what is built: run \`npm run build\``);
  const agent = agentOf(await importBuilt(built), app);
  try {
    return await (await frameworkOf(built)).describeAgent(agent);
  } catch (error) {
    throw new Error(`${app.shown}: ${messageOf(error)}`, { cause: error });
  }
}

function notThere(app: App): string {
  const isWritten = existsSync(join(app.folder, 'src', 'agent.ts'));
  if (isWritten) return `${app.shown} is not built: run \`npm run build\``;
  return `${app.shown} has no src/agent.ts, which says what HAProxy must know. ${example(app)}`;
}

function example({ name }: App): string {
  return `Write in src/agent.ts, and build:

  import type { AgentDefinition } from '@spoa/framework/haproxy';
  import { AppModule } from './app.module.ts';

  export const agent: AgentDefinition = {
    engine: '${name}',
    module: AppModule,
    servers: [{ host: '127.0.0.1', port: 12345 }],
  };`;
}

async function importBuilt(built: string): Promise<Record<string, unknown>> {
  // What is thrown then names the lines of the TypeScript.
  process.setSourceMapsEnabled(true);
  try {
    return (await import(pathToFileURL(built).href)) as Record<string, unknown>;
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND';
    const remedy = isMissing ? ', something is not installed or not built (`npm run deps`, `npm run build`)' : '';
    throw new Error(`${shorter(built)} could not be imported${remedy}:\n${thrownText(error)}`, { cause: error });
  }
}

/** With the lines of the stack that belong to the application; a list of faults says itself where they are. */
function thrownText(error: unknown): string {
  if (!(error instanceof Error) || error.stack === undefined || 'faults' in error) return messageOf(error);
  const lines = error.stack.split('\n');
  const loader = lines.findIndex((line) => /^\s+at .*node:internal\//.test(line));
  return lines.slice(0, loader < 0 ? undefined : loader).join('\n');
}

function agentOf(exports: Record<string, unknown>, app: App): AgentDefinition {
  const { agent } = exports;
  const where = join(app.shown, 'dist', 'agent.js');
  if (agent === undefined) throw new Error(`${where} exports no \`agent\`. ${example(app)}`);
  if (typeof agent !== 'object' || agent === null)
    throw new Error(`\`agent\` of ${where} is no object. ${example(app)}`);
  const { engine, module } = agent as Partial<AgentDefinition>;
  if (typeof engine !== 'string') throw new Error(`\`agent\` of ${where} has no \`engine\`. ${example(app)}`);
  if (module === undefined) throw new Error(`\`agent\` of ${where} has no \`module\`. ${example(app)}`);
  return agent as AgentDefinition;
}

type Framework = typeof import('@spoa/framework/haproxy');

/** The framework that the application is written with: one of another workspace has a copy of its own, with its own classes. */
async function frameworkOf(built: string): Promise<Framework> {
  let path: string;
  try {
    path = createRequire(built).resolve('@spoa/framework/haproxy');
  } catch {
    return import('@spoa/framework/haproxy');
  }
  return (await import(pathToFileURL(path).href)) as Framework;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
