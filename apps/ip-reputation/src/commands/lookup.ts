import type { IpAddress } from '@spoa/core';
import { Command } from 'commander';
import { type Entry, entriesFor } from '../entries/entries.ts';
import { addressesArgument } from './arguments.ts';
import { EXIT } from './exit-codes.ts';
import { print, printJson } from './output.ts';
import { addSettings, withDatabase } from './settings-options.ts';

interface Options {
  readonly json?: boolean;
}

export function lookupCommand(): Command {
  const command = new Command('lookup')
    .summary('what is known about addresses')
    .description('Shows the reputation of addresses, and every entry that holds them; the first one decides.')
    .argument('<ip...>', 'IPv4 or IPv6 addresses', addressesArgument)
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
    .action((addresses: IpAddress[], options: Options) => run(addresses, options, command));
  return addSettings(command, ['defaultScore', 'data', 'databaseUrl']);
}

async function run(addresses: readonly IpAddress[], options: Options, command: Command): Promise<void> {
  await withDatabase(command, async (database, settings) => {
    const defaultScore = settings.get('defaultScore');
    const results = [];
    for (const address of addresses) results.push({ address, entries: await entriesFor(database, address) });
    if (options.json) {
      printJson(results.map(({ address, entries }) => toJson(address, entries, defaultScore)));
      return;
    }
    for (const { address, entries } of results) {
      const [winner, ...others] = entries;
      if (winner === undefined) print(`${address}: score ${defaultScore}, in no list`);
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
