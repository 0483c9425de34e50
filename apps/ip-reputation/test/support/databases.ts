import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabaseLocation } from '../../src/database/database.ts';
import { type PostgresServer, startPostgres } from './postgres.ts';

/** A kind of database that the contract suites run on. */
export interface DatabaseKind {
  readonly name: string;
  /** An empty database. */
  create(): Promise<DatabaseLocation>;
  /** Stops and removes everything. */
  stop(): Promise<void>;
}

export function pglite(): DatabaseKind {
  const folders: string[] = [];
  return {
    name: 'PGlite',
    async create() {
      const dataDirectory = await mkdtemp(join(tmpdir(), 'ipr-lite-'));
      folders.push(dataDirectory);
      return { dataDirectory };
    },
    async stop() {
      await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })));
    },
  };
}

export function postgres(): DatabaseKind {
  let server: Promise<PostgresServer> | undefined;
  return {
    name: 'PostgreSQL',
    async create() {
      server ??= startPostgres();
      return { url: await (await server).createDatabase() };
    },
    async stop() {
      await (await server)?.stop();
    },
  };
}
