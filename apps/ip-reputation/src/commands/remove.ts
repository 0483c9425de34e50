import { Command } from 'commander';
import { removeEntries, removeList } from '../entries/entries.ts';
import type { Prefix } from '../entries/prefix.ts';
import { listArgument, prefixArgument } from './arguments.ts';
import { EXIT, type ExitCode, UsageError } from './exit-codes.ts';
import { note, number, print, printJson } from './output.ts';
import { addSettings, withDatabase } from './settings-options.ts';

interface Options {
  readonly list?: string;
  readonly wholeList?: boolean;
  readonly json?: boolean;
}

export function removeCommand(): Command {
  const command = new Command('remove')
    .summary('remove entries')
    .description('Removes the entries of exactly these addresses or prefixes, from all lists or from one.')
    .argument('[prefix...]', 'addresses or prefixes', (text: string, before: Prefix[] = []) => [
      ...before,
      prefixArgument(text),
    ])
    .option('--list <name>', 'from this list only', listArgument)
    .option('--whole-list', 'everything that --list holds')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Prefixes that hold these addresses, or lie inside them, stay as they are ("lookup" shows them).

Examples:
  ip-reputation remove 203.0.113.9
  ip-reputation remove 203.0.113.0/24 198.51.100.7 --list manual
  ip-reputation remove --list spamhaus_drop --whole-list

Exit codes: ${EXIT.ok} done, ${EXIT.failure} failed, or there was nothing to remove, ${EXIT.usage} usage`,
    )
    .action(async (prefixes: Prefix[] | undefined, options: Options) => {
      process.exitCode = await run(prefixes ?? [], options, command);
    });
  return addSettings(command, ['data', 'databaseUrl']);
}

async function run(prefixes: readonly Prefix[], options: Options, command: Command): Promise<ExitCode> {
  const { list, wholeList = false, json = false } = options;
  if (wholeList !== (prefixes.length === 0)) {
    throw new UsageError('give addresses or prefixes, or --list with --whole-list');
  }
  const removed = await withDatabase(command, async (database) => {
    if (!wholeList) return removeEntries(database, prefixes, list);
    if (list === undefined) throw new UsageError('--whole-list needs --list');
    return removeList(database, list);
  });
  if (json) printJson({ removed });
  else if (removed > 0) print(`${number(removed)} ${removed === 1 ? 'entry' : 'entries'} removed`);
  else note('nothing to remove: there is no such entry');
  return removed > 0 ? EXIT.ok : EXIT.failure;
}
