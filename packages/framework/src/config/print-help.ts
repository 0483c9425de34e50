import { flagOf } from './flags.ts';
import type { SchemaKey } from './schema-keys.ts';
import { type IsSecret, masked } from './secrets.ts';
import { type VariableNames, variablesOf } from './variables.ts';

/** The settings that a schema tells of, each with the ways to give it, what it is and its default. */
export function printHelp(keys: readonly SchemaKey[], names: VariableNames, isSecret: IsSecret): string {
  const settings = keys
    .filter(({ isSection }) => !isSection)
    .map((key) => [flagOf(key.path), variablesOf(key.path, names).join(', '), aboutKey(key, isSecret)]);
  // A schema that tells of none.
  if (settings.length === 0) settings.push(['--KEY', `${names.prefix}KEY`, 'those of the schema']);
  const options = [
    ['--config FILE', 'a YAML or JSON file of settings'],
    ['--print-config', 'prints the settings that are in force, and where each came from'],
    ['--help, -h', 'prints this'],
  ];
  return `Settings, each by a flag, a variable (in the environment or .env), or a key of the file that --config names:

${table(settings)}
${table(options)}`;
}

function aboutKey({ path, description, isRequired, ...key }: SchemaKey, isSecret: IsSecret): string {
  const byDefault = masked(key.default, isSecret, path);
  const note = isRequired ? ['(required)'] : byDefault === undefined ? [] : [`(default: ${JSON.stringify(byDefault)})`];
  return [...(description === undefined ? [] : [description]), ...note].join(' ');
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lineOf = (row: readonly string[]) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ');
  return rows.map((row) => `  ${lineOf(row).trimEnd()}\n`).join('');
}
