import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { workspaceAround } from '../app/find-app.ts';
import { portArgument } from '../app/port-argument.ts';
import { type Choices, DATABASES, type DatabaseChoice } from '../new/choices.ts';
import { appNameFault, messageNameFault } from '../new/names.ts';
import { nextSteps } from '../new/next-steps.ts';
import { filesOf, scaffold } from '../new/scaffold.ts';
import { takenFault } from '../new/taken.ts';

interface Options {
  readonly database?: DatabaseChoice;
  readonly message?: string;
  readonly port: number;
  readonly yes: boolean;
  readonly install: boolean;
  readonly dryRun: boolean;
  readonly json: boolean;
}

export function newCommand(): Command {
  const command = new Command('app');
  command
    .summary('an application in apps/NAME')
    .exitOverride()
    .helpOption('-h, --help', 'print this help')
    .showHelpAfterError('(see spoa new app --help)')
    .description(
      'Makes apps/NAME: a module, a controller, a service, tests in process and behind a real HAProxy, and the configuration of ' +
        'HAProxy. On a terminal it asks for what is not given.',
    )
    .argument('[name]', 'its folder, package and engine: small letters, digits and hyphens', parsed(appNameFault))
    .addOption(
      new Option('--database <database>', 'what its service keeps its data in (default: none)').choices(
        Object.keys(DATABASES),
      ),
    )
    .option('--message <name>', 'the message that HAProxy sends it (default: the name)', parsed(messageNameFault))
    .option('--port <port>', 'where it listens', portArgument, 12345)
    .option('-y, --yes', 'ask nothing', false)
    .option('--no-install', 'leave the installation to you')
    .option('--dry-run', 'list the files, and write none', false)
    .option('--json', 'ask nothing, and tell what was made as JSON', false)
    .addHelpText(
      'after',
      `
Examples:
  spoa new app
  spoa new app bot-check
  spoa new app bot-check --database pglite --message check-bot --port 9000
  spoa new app bot-check --dry-run

--database pglite uses an embedded PostgreSQL in a folder, or the server that DATABASE_URL names.
Exit codes: 0 done; 1 failed, and nothing is left behind; 2 the command line is wrong`,
    )
    .action((name: string | undefined, options: Options) => run(command, name, options));
  return new Command('new')
    .description('Makes something new in the workspace around the current folder.')
    .addCommand(command)
    .addHelpText('after', '\nExample:\n  spoa new app bot-check');
}

async function run(command: Command, name: string | undefined, options: Options): Promise<void> {
  const workspace = workspaceHere();
  const choices = await choicesFrom(command, workspace, name, options);
  if (options.dryRun) {
    const files = [...(await filesOf(choices)).keys()].map((file) => `apps/${choices.name}/${file}`);
    process.stdout.write(options.json ? asJson({ ...choices, files }) : `${files.join('\n')}\n`);
    return;
  }
  const files = await interruptible((signal) => {
    const onProgress = (step: string): void => console.error(step);
    return scaffold({ choices, workspace, installs: options.install, signal, onProgress });
  });
  const folder = join(workspace, 'apps', choices.name);
  const next = nextSteps(choices, options.install);
  process.stdout.write(
    options.json
      ? asJson({ ...choices, folder, files: [...files.keys()], next: next.map(([, line]) => line) })
      : `\napps/${choices.name} is there. From ${workspace}:\n\n${next.map(([what, line]) => `  # ${what}\n  ${line}\n`).join('')}\n`,
  );
}

function workspaceHere(): string {
  const workspace = workspaceAround(process.cwd());
  if (workspace === undefined || !existsSync(join(workspace, 'packages', 'framework', 'package.json'))) {
    throw new Error(`${process.cwd()} is in no workspace of spoa: run it in the folder that you cloned, or below`);
  }
  return workspace;
}

async function choicesFrom(
  command: Command,
  workspace: string,
  name: string | undefined,
  options: Options,
): Promise<Choices> {
  const fault = name === undefined ? undefined : takenFault(workspace, name);
  if (fault !== undefined) throw new Error(`${fault} Choose another name`);
  const { database, message, port } = options;
  const isTerminal = process.stdin.isTTY === true && process.stdout.isTTY === true;
  if (isTerminal && !options.yes && !options.json) {
    // Loaded for those who are asked.
    const { ask } = await import('../new/questions.ts');
    const given = { ...(name && { name }), ...(database && { database }), ...(message && { message }) };
    const nameFault = (text: string): string | undefined => appNameFault(text) ?? takenFault(workspace, text);
    return { ...(await ask(given, nameFault, { input: process.stdin, output: process.stdout })), port };
  }
  if (name === undefined) command.error("error: missing argument 'name'", { exitCode: 2 });
  return { name, database: database ?? 'none', message: message ?? name, port };
}

/** Ctrl-C and SIGTERM take back what was begun, and then end the command. */
async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const abort = (): void => controller.abort(new Error('interrupted: nothing is left of the application'));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, abort);
  try {
    return await work(controller.signal);
  } catch (error) {
    controller.signal.throwIfAborted();
    throw error;
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.removeListener(signal, abort);
  }
}

function parsed(faultOf: (text: string) => string | undefined): (text: string) => string {
  return (text) => {
    const fault = faultOf(text);
    if (fault !== undefined) throw new InvalidArgumentError(fault);
    return text;
  };
}

function asJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
