#!/usr/bin/env node
import { Command, CommanderError } from 'commander';

/** Every command, in the order of `--help`, and where it is: only the one that is asked for is loaded. */
const COMMANDS = [
  {
    name: 'start',
    summary: 'the IP reputation agent behind a real HAProxy',
    load: async () => (await import('./commands/start.ts')).startCommand(),
  },
];

const program = new Command('spoa')
  .description('Write HAProxy agents in TypeScript.')
  .exitOverride()
  .showHelpAfterError('(see spoa --help)');

try {
  for (const { name, summary, load } of COMMANDS) {
    const command = process.argv.includes(name) ? await load() : new Command(name);
    program.addCommand(command.summary(summary).copyInheritedSettings(program));
  }
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // Commander has printed its message, or the help that was asked for, already.
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  } else {
    console.error(`spoa: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}
