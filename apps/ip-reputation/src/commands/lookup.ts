import type { IpAddress } from '@spoa/core';
import { Command, Option } from 'commander';
import { type Entry, entriesFor } from '../entries/entries.ts';
import { addressesArgument, scoreArgument } from './arguments.ts';
import { addDatabaseOptions, type DatabaseOptions, withDatabase } from './database-options.ts';
import { EXIT } from './exit-codes.ts';
import { print, printJson } from './output.ts';

interface Options extends DatabaseOptions {
  readonly defaultScore: number;
  readonly json?: boolean;
}

export function lookupCommand(): Command {
  const command = new Command('lookup')
    .summary('what is known about addresses')
    .description('Shows the reputation of addresses, and every entry that holds them; the first one decides.')
    .argument('<ip...>', 'IPv4 or IPv6 addresses', addressesArgument)
    .addOption(
      new Option('--default-score <n>', 'score of addresses in no list')
        .env('IP_REPUTATION_DEFAULT_SCORE')
        .argParser(scoreArgument)
        .default(100),
    )
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
The longest prefix decides; among lists with the same prefix the lowest score.

Examples:
  ip-reputation lookup 203.0.113.9 2001:db8::1
  ip-reputation lookup 203.0.113.9 --json

Exit codes: ${EXIT.ok} done (also when an address is in no list), ${EXIT.failure} failed, ${EXIT.usage} usage`,
    )
    .action((addresses: IpAddress[], options: Options) => run(addresses, options));
  return addDatabaseOptions(command);
}

async function run(addresses: readonly IpAddress[], options: Options): Promise<void> {
  await withDatabase(options, async (database) => {
    const results = [];
    for (const address of addresses) results.push({ address, entries: await entriesFor(database, address) });
    if (options.json) {
      printJson(results.map(({ address, entries }) => toJson(address, entries, options.defaultScore)));
      return;
    }
    for (const { address, entries } of results) {
      const [winner, ...others] = entries;
      if (winner === undefined) print(`${address}: score ${options.defaultScore}, in no list`);
      else print(`${address}: score ${winner.score}, ${describe(winner)}`);
      for (const entry of others) print(`  outdone: score ${entry.score}, ${describe(entry)}`);
    }
  });
}

function describe({ list, prefix, reason, expiresAt }: Entry): string {
  const because = reason === undefined ? '' : `: ${reason}`;
  const until = expiresAt === undefined ? '' : ` (until ${expiresAt.toISOString()})`;
  return `list ${list}, ${prefix}${because}${until}`;
}

function toJson(address: IpAddress, entries: readonly Entry[], defaultScore: number): object {
  const [winner] = entries;
  const { score = defaultScore, list = null, reason = null, prefix = null } = winner ?? {};
  return { ip: address, score, list, reason, prefix, entries };
}
