import { type ListenTarget, SpoaApplication } from '@spoa/framework';
import type { Logger } from 'pino';
import { AGENT_APPLICATION } from '../database/application-names.ts';
import { Database, type DatabaseLocation, openDatabase } from '../database/database.ts';
import { seedBundledLists } from '../lists/seed.ts';
import { ReputationService } from '../service/reputation-service.ts';
import { IpReputationController, LOGGER } from './ip-reputation-controller.ts';

export interface AgentSettings {
  readonly database: DatabaseLocation;
  /** One or more addresses for HAProxy to connect to. */
  readonly listen: readonly ListenTarget[];
  readonly logger: Logger;
  /** The score of an address in no list, 0 to 100. @default 100 */
  readonly defaultScore?: number;
  /** Whether a new database is filled with the bundled lists. @default false */
  readonly seed?: boolean;
}

/**
 * Starts the agent: the database, the table in memory, the listeners. `close()` of what it returns ends all of it.
 *
 * @throws BootError where the database cannot be had, SPOA_LISTEN_FAILED; nothing is left running then
 */
export async function startAgent(settings: AgentSettings): Promise<SpoaApplication> {
  const { logger } = settings;
  const app = await SpoaApplication.create({
    logger,
    controllers: [IpReputationController],
    providers: [
      { provide: LOGGER, useValue: logger },
      {
        provide: Database,
        useFactory: () => openSeeded(settings),
        dispose: (database: Database) => database.close(CLOSE_GRACE_MS),
      },
      {
        provide: ReputationService,
        inject: [Database],
        useFactory: (database: Database) => startService(database, settings),
        dispose: (service: ReputationService) => service.close(),
      },
    ],
  });
  try {
    for (const target of settings.listen) await app.listen(target);
  } catch (error) {
    await app.close();
    throw error;
  }
  return app;
}

/** How long commands that use the embedded database through this process may go on when it ends, in milliseconds. */
const CLOSE_GRACE_MS = 5000;

async function openSeeded({ database: location, logger, seed = false }: AgentSettings): Promise<Database> {
  const database = await openDatabase(location, AGENT_APPLICATION);
  const entries = seed ? await seedBundledLists(database) : 0;
  if (entries > 0) logger.info({ entries }, 'filled a new database with the bundled lists');
  return database;
}

async function startService(database: Database, { defaultScore, logger }: AgentSettings): Promise<ReputationService> {
  const service = new ReputationService(database, {
    log: logger,
    ...(defaultScore !== undefined && { defaultScore }),
  });
  await service.start();
  return service;
}
