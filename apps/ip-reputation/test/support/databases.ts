import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type DatabaseLocation, openDatabase } from '../../src/database/database.ts';
import { type PostgresServer, startPostgres } from './postgres.ts';

/** A kind of database that the contract suites run on. */
export interface DatabaseKind {
  readonly name: string;
  /** A new database, without entries. */
  create(): Promise<DatabaseLocation>;
  /** Stops and removes everything. */
  stop(): Promise<void>;
}

/** A new folder for each database. Making a database takes PGlite seconds of computing: one is made and copied. */
export function pglite(): DatabaseKind {
  let base: Promise<string> | undefined;
  let template: Promise<string> | undefined;
  let folders = 0;

  async function makeTemplate(): Promise<string> {
    base ??= mkdtemp(join(tmpdir(), 'ipr-lite-'));
    const dataDirectory = join(await base, 'template');
    await (await openDatabase({ dataDirectory })).close();
    return dataDirectory;
  }

  return {
    name: 'PGlite',
    async create() {
      template ??= makeTemplate();
      const dataDirectory = join(dirname(await template), `${++folders}`);
      await cp(await template, dataDirectory, { recursive: true });
      return { dataDirectory };
    },
    async stop() {
      if (base !== undefined) await rm(await base, { recursive: true, force: true });
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
