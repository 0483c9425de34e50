import { check, type HaproxyVersion, type SpoeFileReference } from '@spoa/framework/haproxy';
import { Command } from 'commander';
import { findApp } from '../app/find-app.ts';
import { loadAgent } from '../app/load-agent.ts';
import { leave, warn } from '../app/process.ts';
import { readConfiguration } from '../haproxy/configuration-files.ts';
import { countsOf, countsText, findingLine, isColoured } from '../haproxy/findings-text.ts';
import { haproxyOption } from '../haproxy/version-option.ts';

interface Options {
  readonly haproxy: HaproxyVersion;
  readonly spoe?: readonly string[];
  readonly engine?: string;
  readonly strict?: boolean;
  readonly json?: boolean;
}

export function checkCommand(): Command {
  return new Command('check')
    .description(
      'Compares an existing configuration of HAProxy with the controllers of an application, and says what does not fit. ' +
        'Neither of them is started. `haproxy -c` says the rest.',
    )
    .argument('<app>', 'name of a folder in apps/, or the path of an application; it must be built')
    .argument('<haproxy.cfg...>', 'what HAProxy is started with: files, or folders of *.cfg')
    .addOption(haproxyOption())
    .option('--spoe <file>', 'spoe file to read instead of those that the filter lines name, once for each', several)
    .option('--engine <name>', 'name of the engine; without it that of the agent')
    .option('--strict', 'warnings count as errors')
    .option('--json', 'print the findings as data')
    .addHelpText(
      'after',
      `
Examples:
  spoa check ip-reputation /etc/haproxy/haproxy.cfg
  spoa check ip-reputation /etc/haproxy/conf.d --haproxy 3.0 --strict
  spoa check ip-reputation haproxy.cfg --spoe /etc/haproxy/ip-reputation.conf
  spoa check ip-reputation haproxy.cfg --json | jq -r '.findings[].code'

For a version of HAProxy between these, take the one before it.
The path of a spoe file is relative to what \`default-path\` says; without it, to this folder or that of haproxy.cfg.
docs/haproxy-configuration.md explains each finding by its code.
Exit codes: 0 nothing of severity error; 1 errors (with --strict: anything), or something cannot be read; 2 usage`,
    )
    .action(run);
}

async function run(name: string, given: readonly string[], options: Options): Promise<void> {
  const { haproxy: version, strict, json } = options;
  const described = await loadAgent(findApp(name), { onWarning: warn });
  const description = { ...described, engine: options.engine ?? described.engine };
  const { files, paths, missing } = await readConfiguration(given, options.spoe, version);
  const found = check(description, files, version);
  const findings = found.map((one) => ({ ...one, file: paths.get(one.file) ?? one.file }));
  const counts = countsOf(findings);
  const names = [...files.haproxy, ...files.spoe].map(({ file }) => paths.get(file) ?? file);
  const open = description.messages.filter((message) => message.open).map((message) => message.name);
  // Before anything is written: who reads it may be gone, such as `head`.
  const exitCode = counts.error > 0 || (strict && counts.warning > 0) ? 1 : 0;
  process.exitCode = exitCode;
  if (json) {
    const told = { engine: description.engine, haproxy: version, files: names, counts, findings, open };
    process.stdout.write(`${JSON.stringify(told, undefined, 2)}\n`);
  } else {
    const coloured = isColoured(process.stdout);
    const lines = findings.map((one) => findingLine(one, coloured));
    const summary = `${names.join(', ')}: ${countsText(counts)} (engine ${description.engine}, HAProxy ${version})`;
    process.stdout.write(`${[...lines, summary].join('\n')}\n`);
  }
  if (found.some(({ code }) => code === 'SPOA_HAPROXY_NO_SPOE_FILE')) missing.forEach(tellMissing);
  if (open.length > 0) tellOpen(open);
  await leave(exitCode);
}

function several(file: string, before: readonly string[] = []): string[] {
  return [...before, file];
}

function tellOpen(messages: readonly string[]): void {
  const why = `the code does not tell what all handlers set, of ${messages.join(', ')}`;
  warn(`variables that nobody sets are not looked for: ${why}: name it by @SetVar, or by \`returns\` of @SpoeMessage`);
}

function tellMissing({ path, known }: SpoeFileReference): void {
  const why = known
    ? 'is not where HAProxy looks for it'
    : 'holds a variable of the environment that is not known here';
  warn(`${path} ${why}: say where it is with --spoe`);
}
