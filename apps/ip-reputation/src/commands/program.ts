import { Command, CommanderError } from 'commander';
import { EXIT, UsageError } from './exit-codes.ts';
import { importCommand } from './import.ts';
import { lookupCommand } from './lookup.ts';
import { note } from './output.ts';
import { removeCommand } from './remove.ts';
import { serveCommand } from './serve.ts';
import { setCommand } from './set.ts';
import { statsCommand } from './stats.ts';

/** Every command, in the order of `--help`. */
const COMMANDS: readonly (() => Command)[] = [
  serveCommand,
  importCommand,
  lookupCommand,
  setCommand,
  removeCommand,
  statsCommand,
];

/** The `ip-reputation` command. */
export function createProgram(): Command {
  const program = new Command('ip-reputation')
    .description('The reputation of IP addresses, for HAProxy.')
    .exitOverride()
    .configureHelp({ showGlobalOptions: true })
    .showSuggestionAfterError();
  for (const create of COMMANDS) {
    // Sub-commands inherit nothing by themselves.
    program.addCommand(create().copyInheritedSettings(program));
  }
  return program;
}

/** Runs the command line and sets the exit code of the process (exit-codes.ts). */
export async function runProgram(arguments_: readonly string[]): Promise<void> {
  try {
    await createProgram().parseAsync(arguments_, { from: 'user' });
  } catch (error) {
    process.exitCode = exitCodeOf(error);
  }
}

function exitCodeOf(error: unknown): number {
  // Commander has printed its message, or the help that was asked for, already.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  note(`ip-reputation: ${error instanceof Error ? error.message : String(error)}`);
  return error instanceof UsageError ? EXIT.usage : EXIT.failure;
}
