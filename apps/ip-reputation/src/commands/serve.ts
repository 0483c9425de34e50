import { Command } from 'commander';
import { startApplication } from '../application.ts';
import type { Settings } from '../settings.ts';
import { EXIT } from './exit-codes.ts';
import { addSettings, settingsOf, WHERE_SETTINGS_COME_FROM } from './settings-options.ts';

const SETTINGS = [
  'host',
  'port',
  'socket',
  'socketMode',
  'defaultScore',
  'seed',
  'logLevel',
  'adminPort',
  'adminHost',
  'data',
  'databaseUrl',
] as const satisfies readonly (keyof Settings)[];

export function serveCommand(): Command {
  const command = new Command('serve')
    .summary('answer HAProxy')
    .description('Runs the agent: answers HAProxy from memory, in step with the database. Ctrl-C ends it quietly.');
  return addSettings(command, SETTINGS)
    .option('--print-config', 'print the settings and where each came from, without secrets, and end')
    .addHelpText(
      'after',
      `${WHERE_SETTINGS_COME_FROM}

Examples:
  ip-reputation serve --data /var/lib/ip-reputation
  ip-reputation serve --database-url postgres://agent@db/reputation --socket /run/ip-reputation.sock
  ip-reputation serve --config /etc/ip-reputation.yaml --admin-port 9464

Exit codes: ${EXIT.ok} ended by a signal, ${EXIT.failure} could not start, ${EXIT.usage} usage or settings`,
    )
    .action(async () => void (await startApplication(await settingsOf(command))));
}
