import { Command, Option } from 'commander';
import { createLogger, LOG_LEVELS, type LogLevel, portArgument, signalled, startAgent } from 'ip-reputation';
import { type Front, startFront } from '../start/front.ts';
import { thingsToTry } from '../start/things-to-try.ts';

interface Options {
  readonly host: string;
  readonly port: number;
  readonly haproxyPort: number;
  readonly haproxy: boolean;
  readonly data: string;
  readonly logLevel: LogLevel;
}

export function startCommand(): Command {
  return new Command('start')
    .description(
      'Runs the IP reputation agent on an embedded PostgreSQL filled with the bundled lists, and a real HAProxy in front of it. ' +
        'Ctrl-C ends both.',
    )
    .option('--host <address>', 'address of the agent and of HAProxy', '127.0.0.1')
    .option('--port <port>', 'port of the agent', portArgument, 12345)
    .option('--haproxy-port <port>', 'port of HAProxy, for curl', portArgument, 8080)
    .option('--no-haproxy', 'the agent alone')
    .option('--data <dir>', 'folder of the database', 'data')
    .addOption(
      new Option('--log-level <level>', 'what the agent logs')
        .choices(LOG_LEVELS)
        .default('debug', 'debug: every decision'),
    )
    .addHelpText(
      'after',
      `
Examples:
  npm start
  npm start -- --haproxy-port 8888 --data /tmp/reputation
  npm start -- --no-haproxy --host 0.0.0.0

DATABASE_URL=postgres://... names a PostgreSQL server instead of the folder.
Exit codes: 0 ended by a signal, 1 could not start, 2 usage`,
    )
    .action((options: Options) => run(options));
}

async function run({ host, port, haproxyPort, haproxy, data, logLevel }: Options): Promise<void> {
  const ended = signalled();
  const logger = createLogger(logLevel);
  const url = process.env.DATABASE_URL;
  const app = await startAgent({
    database: url ? { url } : { dataDirectory: data },
    listen: [{ host, port }],
    logger,
    seed: true,
  });
  let front: Front | undefined;
  try {
    if (haproxy) front = await startFront({ host, port: haproxyPort, agent: app.addresses[0], logger });
    process.stdout.write(thingsToTry(front?.url, url ? `--database-url "$DATABASE_URL"` : `--data ${data}`));
    const exit = await Promise.race([ended, ...(front === undefined ? [] : [front.haproxy.exited])]);
    if (exit !== undefined) throw new Error(`HAProxy ended by itself:\n${front?.haproxy.describe()}`);
  } finally {
    await front?.haproxy.stop();
    await app.close();
  }
}
