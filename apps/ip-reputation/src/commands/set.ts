import { Command } from 'commander';
import { setEntry } from '../entries/entries.ts';
import type { Prefix } from '../entries/prefix.ts';
import { expiryArgument, listArgument, prefixArgument, reasonArgument, scoreArgument } from './arguments.ts';
import { EXIT } from './exit-codes.ts';
import { print, printJson } from './output.ts';
import { addSettings, withDatabase } from './settings-options.ts';

interface Options {
  readonly score: number;
  readonly list: string;
  readonly reason?: string;
  readonly expires?: Date;
  readonly json?: boolean;
}

export function setCommand(): Command {
  const command = new Command('set')
    .summary('score an address or prefix')
    .description('Gives an address or a prefix a score in a list, in place of the one it may have there.')
    .argument('<prefix>', 'an address, or a prefix', prefixArgument)
    .requiredOption('--score <n>', '0 (blacklisted without doubt) to 100 (totally safe)', scoreArgument)
    .option('--list <name>', 'the list', listArgument, 'manual')
    .option('--reason <text>', 'why', reasonArgument)
    .option('--expires <when>', 'a duration (30m, 12h, 7d, 2w) or a date (default: never)', expiryArgument)
    .option('--json', 'print the entry as JSON')
    .addHelpText(
      'after',
      `
Examples:
  ip-reputation set 203.0.113.9 --score 0 --reason "scans for logins" --expires 7d
  ip-reputation set 2001:db8:cafe::/48 --score 100 --list partners

Exit codes: ${EXIT.ok} done, ${EXIT.failure} failed, ${EXIT.usage} usage`,
    )
    .action((prefix: Prefix, options: Options) => run(prefix, options, command));
  return addSettings(command, ['data', 'databaseUrl']);
}

async function run(prefix: Prefix, options: Options, command: Command): Promise<void> {
  const { list, score, reason, expires } = options;
  const entry = { prefix, list, score, reason, expiresAt: expires };
  await withDatabase(command, (database) => setEntry(database, entry));
  if (options.json) printJson(entry);
  else print(`${prefix}: score ${score} in "${list}"${expires ? ` until ${expires.toISOString()}` : ''}`);
}
