import type { ListenTarget } from '@spoa/framework';
import { Command, Option } from 'commander';
import { createLogger, LOG_LEVELS, type LogLevel } from '../agent/logger.ts';
import { signalled } from '../agent/signalled.ts';
import { startAgent } from '../agent/start-agent.ts';
import { modeArgument, portArgument, scoreArgument } from './arguments.ts';
import { addDatabaseOptions, type DatabaseOptions, locationOf } from './database-options.ts';
import { EXIT } from './exit-codes.ts';

interface Options extends DatabaseOptions {
  readonly host: string;
  readonly port: number;
  readonly socket?: string;
  readonly socketMode: number;
  readonly defaultScore: number;
  readonly logLevel: LogLevel;
}

export function serveCommand(): Command {
  const command = new Command('serve')
    .summary('answer HAProxy')
    .description('Runs the agent: answers HAProxy from memory, in step with the database. Ctrl-C ends it quietly.')
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--port <port>', 'TCP port to listen on, 0 for a free one', portArgument, 12345)
    .option('--socket <path>', 'listen on a unix socket too')
    .addOption(new Option('--socket-mode <mode>', 'its permissions').argParser(modeArgument).default(0o660, '660'))
    .option('--default-score <n>', 'score of an address in no list', scoreArgument, 100)
    .addOption(new Option('--log-level <level>', 'at debug each decision is shown').choices(LOG_LEVELS).default('info'))
    .addHelpText(
      'after',
      `
Examples:
  ip-reputation serve --data /var/lib/ip-reputation
  ip-reputation serve --database-url postgres://agent@db/reputation --socket /run/ip-reputation.sock

Exit codes: ${EXIT.ok} ended by a signal, ${EXIT.failure} could not start, ${EXIT.usage} usage`,
    )
    .action((options: Options) => run(options));
  return addDatabaseOptions(command);
}

async function run(options: Options): Promise<void> {
  const listen: ListenTarget[] = [{ host: options.host, port: options.port }];
  if (options.socket !== undefined) listen.push({ path: options.socket, mode: options.socketMode });
  const ended = signalled();
  const app = await startAgent({
    database: locationOf(options),
    listen,
    logger: createLogger(options.logLevel),
    defaultScore: options.defaultScore,
  });
  await ended;
  await app.close();
}
