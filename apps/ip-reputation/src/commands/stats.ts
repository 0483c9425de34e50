import { Command } from 'commander';
import { type ListStatistics, listStatistics } from '../entries/entries.ts';
import { EXIT } from './exit-codes.ts';
import { number, print, printJson, table } from './output.ts';
import { addSettings, withDatabase } from './settings-options.ts';

interface Options {
  readonly json?: boolean;
}

export function statsCommand(): Command {
  const command = new Command('stats')
    .summary('what the lists hold')
    .description('Shows how many entries each list holds.')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Example:
  ip-reputation stats --json

Exit codes: ${EXIT.ok} done, ${EXIT.failure} failed, ${EXIT.usage} usage`,
    )
    .action((options: Options) => run(options, command));
  return addSettings(command, ['data', 'databaseUrl']);
}

async function run(options: Options, command: Command): Promise<void> {
  await withDatabase(command, async (database) => {
    const lists = await listStatistics(database);
    const entries = lists.reduce((sum, list) => sum + list.entries, 0);
    if (options.json) {
      printJson({ database: database.description, entries, lists });
      return;
    }
    print(
      `${database.description}: ${number(entries)} entries in ${number(lists.length)} ${lists.length === 1 ? 'list' : 'lists'}`,
    );
    if (lists.length === 0) return;
    const header = ['list', 'entries', 'IPv4', 'IPv6', 'scores', 'expiring', 'expired', 'updated'];
    print(table(header, lists.map(rowOf), [1, 2, 3, 4, 5, 6]));
  });
}

function rowOf(list: ListStatistics): string[] {
  const { lowestScore: low, highestScore: high } = list;
  return [
    list.list,
    ...[list.entries, list.ipv4, list.ipv6].map(number),
    low === high ? `${low}` : `${low}-${high}`,
    ...[list.expiring, list.expired].map(number),
    list.updatedAt.toISOString().slice(0, 16).replace('T', ' '),
  ];
}
