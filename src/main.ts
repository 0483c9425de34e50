import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { leave } from './app/process.ts';

/** Every command, in the order of `--help`, and where it is: only the one that is asked for is loaded. */
const COMMANDS = [
  {
    name: 'start',
    summary: 'the IP reputation agent behind a real HAProxy',
    load: async () => (await import('./commands/start.ts')).startCommand(),
  },
  {
    name: 'new',
    summary: 'a new application',
    load: async () => (await import('./commands/new.ts')).newCommand(),
  },
  {
    name: 'config',
    summary: "HAProxy's configuration, made from an application",
    load: async () => (await import('./commands/config.ts')).configCommand(),
  },
  {
    name: 'check',
    summary: "HAProxy's configuration, compared with an application",
    load: async () => (await import('./commands/check.ts')).checkCommand(),
  },
] as const;

// A reader that has seen enough, such as `head`, is no failure. What the command found out stays its exit code.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit();
  });
}

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};
const program = new Command('spoa')
  .description('Write HAProxy agents in TypeScript.')
  .version(version, '-V, --version', 'print the version')
  .helpOption('-h, --help', 'print this help')
  .helpCommand('help [command]', 'what --help of the command prints')
  .exitOverride()
  .showHelpAfterError('(see spoa --help)')
  .addHelpText(
    'after',
    `
Examples:
  spoa new app bot-check
  spoa config ip-reputation --haproxy 3.2 --out haproxy
  spoa check ip-reputation /etc/haproxy/haproxy.cfg
  spoa help check

At the root of the workspace, after npm run build: npx spoa ...
Exit codes: 0 done; 1 failed, or check has found errors; 2 the command line is wrong`,
  );

try {
  const [first, second] = process.argv.slice(2).filter((word) => !word.startsWith('-'));
  const asked = first === 'help' ? second : first;
  for (const { name, summary, load } of COMMANDS) {
    const command = name === asked ? await load() : new Command(name);
    program.addCommand(command.summary(summary).copyInheritedSettings(program));
    command.helpOption('-h, --help', 'print this help').showHelpAfterError(`(see spoa ${name} --help)`);
  }
  if (process.argv.length === 2) program.outputHelp();
  else await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // Commander has printed its message, or the help that was asked for, already.
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  } else {
    console.error(`spoa: ${error instanceof Error ? error.message : String(error)}`);
    await leave(1);
  }
}
