#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { startCommand } from './commands/start.ts';

const program = new Command('spoa')
  .description('Write HAProxy agents in TypeScript.')
  .exitOverride()
  .showHelpAfterError('(see spoa --help)');
program.addCommand(startCommand().copyInheritedSettings(program));

try {
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
