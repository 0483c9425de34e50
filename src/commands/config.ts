import {
  type AgentDescription,
  type GeneratedConfiguration,
  generate,
  HaproxyConfigError,
  type HaproxyVersion,
  type ServerDescription,
} from '@spoa/framework/haproxy';
import { Command, Option } from 'commander';
import { findApp } from '../app/find-app.ts';
import { loadAgent } from '../app/load-agent.ts';
import { leave, warn } from '../app/process.ts';
import { replaceServers, serverArgument } from '../haproxy/server-option.ts';
import { haproxyOption } from '../haproxy/version-option.ts';
import { writeFiles } from '../haproxy/write-files.ts';

/** What `--part` prints: fragments for a configuration that is there, and the two files. */
const PARTS = {
  filter: ({ fragments }) => fragments.filter,
  rules: ({ fragments }) => fragments.rules,
  backend: ({ fragments }) => fragments.backend,
  spoe: ({ files }) => files['spoe.conf'],
  haproxy: ({ files }) => files['haproxy.cfg'],
} as const satisfies Record<string, (made: GeneratedConfiguration) => string>;

interface Options {
  readonly haproxy: HaproxyVersion;
  readonly out?: string;
  readonly force?: boolean;
  readonly part?: keyof typeof PARTS;
  readonly json?: boolean;
  readonly server?: readonly ServerDescription[];
  readonly engine?: string;
  readonly prefix?: string;
  readonly spoeFile: string;
}

export function configCommand(): Command {
  return new Command('config')
    .description(
      "Makes HAProxy's configuration from the controllers of an application: a whole haproxy.cfg and spoe.conf, or the parts " +
        'for a configuration that is there. The application is not started.',
    )
    .argument('<app>', 'name of a folder in apps/, or the path of an application; it must be built')
    .addOption(haproxyOption())
    .addOption(
      new Option('--out <dir>', 'write haproxy.cfg and spoe.conf into this folder').conflicts(['part', 'json']),
    )
    .option('--force', 'with --out: overwrite files that differ')
    .addOption(new Option('--part <part>', 'print this part alone').choices(Object.keys(PARTS)).conflicts('json'))
    .option('--json', 'print all parts as data')
    .option(
      '--server <address>',
      'host:port or the path of a unix socket, once for each worker; without it those of the agent',
      serverArgument,
    )
    .option('--engine <name>', 'name of the engine; without it that of the agent')
    .option('--prefix <prefix>', 'what HAProxy puts before the names of variables; without it that of the agent')
    .addOption(
      new Option('--spoe-file <path>', 'what the filter line calls the spoe file')
        .default('spoe.conf')
        .conflicts('out'),
    )
    .addHelpText(
      'after',
      `
Examples:
  spoa config ip-reputation --haproxy 3.0 --out haproxy
  spoa config ip-reputation --server 10.0.0.7:12345 --server 10.0.0.8:12345
  spoa config ip-reputation --part filter --spoe-file /etc/haproxy/ip-reputation.conf
  spoa config ./apps/ip-reputation --json | jq -r .fragments.backend

For a version of HAProxy between these, take the one before it.
Exit codes: 0 done; 1 the application cannot be read or described, or a file is in the way; 2 usage`,
    )
    .action(run);
}

async function run(name: string, options: Options): Promise<void> {
  const described = changed(await loadAgent(findApp(name), { onWarning: warn }), options);
  const made = make(described, options);
  const { out, force = false, part, json, haproxy } = options;
  if (out !== undefined) {
    await writeFiles(out, made.files, { force, onProgress: (message) => console.error(message) });
  } else if (json) {
    process.stdout.write(`${JSON.stringify({ engine: described.engine, haproxy, ...made }, undefined, 2)}\n`);
  } else {
    process.stdout.write(part === undefined ? bothFiles(made) : PARTS[part](made));
  }
  await leave();
}

function changed(description: AgentDescription, { engine, prefix, server }: Options): AgentDescription {
  return {
    ...description,
    ...(engine !== undefined && { engine }),
    ...(prefix !== undefined && { variablePrefix: prefix }),
    ...(server !== undefined && { servers: replaceServers(description.servers, server) }),
  };
}

function make(description: AgentDescription, { haproxy, spoeFile }: Options): GeneratedConfiguration {
  try {
    return generate(description, haproxy, { spoeFile });
  } catch (error) {
    if (!(error instanceof HaproxyConfigError)) throw error;
    const isWithoutServers = (description.servers ?? []).length === 0;
    const hint = isWithoutServers ? '\n  Servers can be given here too: --server host:port' : '';
    throw new Error(`${error.message}\n  (${error.code})${hint}`, { cause: error });
  }
}

function bothFiles({ files }: GeneratedConfiguration): string {
  return Object.entries(files)
    .map(([name, text]) => `${`# ======== ${name} `.padEnd(80, '=')}\n\n${text}`)
    .join('\n');
}
