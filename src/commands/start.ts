import { Command } from 'commander';
import { addSettings, locationOf, settingsOf, settingsWith, startApplication } from 'ip-reputation';
import { portArgument } from '../app/port-argument.ts';
import { Front } from '../start/front.ts';
import { thingsToTry } from '../start/things-to-try.ts';

interface Options {
  readonly haproxy: boolean;
  readonly haproxyPort: number;
}

/** Those of the application, for somebody who looks on. */
const SETTINGS = settingsWith({ data: 'data', logLevel: 'debug', seed: true });

export function startCommand(): Command {
  const command = new Command('start').description(
    'Runs the IP reputation agent on an embedded PostgreSQL filled with the bundled lists, and a real HAProxy in front of it. ' +
      'Ctrl-C ends both.',
  );
  return addSettings(command, ['host', 'port', 'data', 'logLevel', 'adminPort'], SETTINGS)
    .option('--haproxy-port <port>', 'port of HAProxy, for curl', portArgument, 8080)
    .option('--no-haproxy', 'the agent alone')
    .addHelpText(
      'after',
      `
Examples:
  npm start
  npm start -- --haproxy-port 8888 --data /tmp/reputation
  npm start -- --no-haproxy --host 0.0.0.0 --admin-port 9464

DATABASE_URL=postgres://... names a PostgreSQL server instead of the folder.
Exit codes: 0 ended by a signal, 1 could not start, 2 usage`,
    )
    .action((options: Options) => run(options, command));
}

async function run({ haproxy, haproxyPort }: Options, command: Command): Promise<void> {
  const config = await settingsOf(command, SETTINGS);
  const location = locationOf(config);
  const front = new Front();
  const app = await startApplication(config, { provide: Front, useValue: front });
  // Ctrl-C was faster: nobody would stop an HAProxy that begins now.
  if (app.state !== 'ready') return;
  try {
    const url = haproxy ? await front.start(app, { host: config.get('host'), port: haproxyPort }) : undefined;
    const database = 'url' in location ? `--database-url "$DATABASE_URL"` : `--data ${location.dataDirectory}`;
    if (app.state === 'ready') process.stdout.write(thingsToTry(url, database));
  } catch (error) {
    await app.close();
    throw error;
  }
}
