import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Readable } from 'node:stream';
import { Command, Option } from 'commander';
import type { Database } from '../database/database.ts';
import { isListName } from '../entries/limits.ts';
import { FORMATS, type FormatName } from '../import/formats/formats.ts';
import { type BadLine, ImportError, type ImportResult, importList } from '../import/import-list.ts';
import { expiryArgument, listArgument, reasonArgument, scoreArgument } from './arguments.ts';
import { EXIT, type ExitCode, UsageError } from './exit-codes.ts';
import { note, number, print, printJson } from './output.ts';
import { startProgress } from './progress.ts';
import { addSettings, withDatabase } from './settings-options.ts';

interface Options {
  readonly list?: string;
  readonly format?: FormatName;
  readonly score?: number;
  readonly reason?: string;
  readonly expires?: Date;
  readonly replace?: boolean;
  readonly json?: boolean;
}

const formats = Object.entries(FORMATS).map(([name, { description }]) => `  ${name.padEnd(7)} ${description}`);

export function importCommand(): Command {
  const command = new Command('import')
    .summary('import lists')
    .description('Imports lists into the database. Bad lines are reported and left out.')
    .argument('<file...>', 'files, gzip or not; - is standard input')
    .option('--list <name>', 'the list they belong to (default: the name of the file)', listArgument)
    .addOption(new Option('--format <name>', 'instead of detecting it').choices(Object.keys(FORMATS)))
    .option('--score <n>', '0 to 100, where a line gives none (default: 0; csv: required then)', scoreArgument)
    .option('--reason <text>', 'where a line gives none', reasonArgument)
    .option('--expires <when>', 'a duration (7d) or a date, where a line gives none (default: never)', expiryArgument)
    .option('--replace', 'also remove what the list held before and the file does not')
    .option('--json', 'print the results as JSON')
    .addHelpText(
      'after',
      `
Formats:
${formats.join('\n')}

A prefix that names an address inside its network (192.0.2.1/24) is cut to the network, and counted.
The whole file is taken over in one step, or nothing of it.

Examples:
  ip-reputation import firehol_level1.netset --replace
  ip-reputation import drop_v4.json drop_v6.json --list spamhaus_drop --expires 2d
  ip-reputation import asn-country-ipv4.csv --list country --score 100
  curl -s https://example.com/list.txt | ip-reputation import - --list example

Exit codes: ${EXIT.ok} done, ${EXIT.failure} failed (that file changed nothing), ${EXIT.usage} usage, \
${EXIT.badLines} done, but some lines were bad`,
    )
    .action(async (files: string[], options: Options) => {
      process.exitCode = await run(files, options, command);
    });
  return addSettings(command, ['data', 'databaseUrl']);
}

async function run(files: readonly string[], options: Options, command: Command): Promise<ExitCode> {
  if (files.length > 1 && options.replace && options.list !== undefined) {
    throw new UsageError('--replace with --list takes one file: each would replace what the one before it brought');
  }
  const names = new Map(files.map((file) => [file, options.list ?? listNameOf(file)]));
  return withDatabase(command, async (database) => {
    const results: object[] = [];
    let exit: ExitCode = EXIT.ok;
    for (const [file, list] of names) {
      try {
        const result = await importFile(database, file, list, options);
        results.push({ file, ...result });
        if (!options.json) report(file, result);
        if (result.bad.count > 0 && exit === EXIT.ok) exit = EXIT.badLines;
      } catch (error) {
        // The other files have nothing to do with it.
        const message = error instanceof ImportError ? error.message : `${file}: ${(error as Error).message}`;
        note(message);
        if (error instanceof ImportError) reportBadLines(error.bad, error.bad.length);
        results.push({ file, error: message });
        exit = EXIT.failure;
      }
    }
    if (options.json) printJson(results);
    return exit;
  });
}

async function importFile(database: Database, file: string, list: string, options: Options): Promise<ImportResult> {
  const fromInput = file === '-';
  const totalBytes = fromInput ? 0 : (await stat(file)).size;
  const source: Readable & { bytesRead?: number } = fromInput ? process.stdin : createReadStream(file);
  const name = fromInput ? 'standard input' : basename(file);
  const progress = startProgress(name, totalBytes);
  try {
    return await importList(database, source, {
      list,
      fileName: name,
      format: options.format,
      score: options.score,
      reason: options.reason,
      expiresAt: options.expires,
      replace: options.replace,
      onLines: (lines) => progress.update(lines, source.bytesRead ?? 0),
      onMerge: () => progress.merging(),
    });
  } finally {
    progress.stop();
    source.destroy();
  }
}

function listNameOf(file: string): string {
  if (file === '-') throw new UsageError('standard input has no name: give --list');
  const name = basename(file)
    .replace(/\.gz$/i, '')
    .replace(/\.[^.]+$/, '');
  if (!isListName(name)) throw new UsageError(`the name of ${file} does not make a list's name: give --list`);
  return name;
}

function report(file: string, result: ImportResult): void {
  const { entries, added, changed, removed, lines, lists, bad, hostBits, notes, format } = result;
  const where = lists.length > 5 ? `${number(lists.length)} lists` : lists.map((list) => `"${list}"`).join(', ');
  const unchanged = entries - added - changed;
  print(
    `${file} (${format}): ${number(lines)} lines, ${number(entries)} entries in ${where}: ` +
      `${number(added)} new, ${number(changed)} changed, ${number(unchanged)} as before, ${number(removed)} removed`,
  );
  for (const text of notes) note(`  ${text}`);
  if (hostBits.count > 0) {
    note(
      `  ${number(hostBits.count)} prefixes named an address inside; cut to the network, first in line ${hostBits.firstLine}`,
    );
  }
  reportBadLines(bad.first, bad.count);
}

function reportBadLines(first: readonly BadLine[], count: number): void {
  for (const { line, problem } of first) note(`  line ${line}: ${problem}`);
  if (count > first.length) note(`  and ${number(count - first.length)} more bad lines`);
}
