import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { DataFolderLock } from './data-folder-lock.ts';
import { Database } from './database.ts';
import { migrate } from './migrate.ts';

/** PGlite: PostgreSQL in this process, its files in a folder. */
export class Embedded extends Database {
  readonly #pglite: PGlite;
  readonly #lock: DataFolderLock | undefined;

  private constructor(pglite: PGlite, lock: DataFolderLock | undefined) {
    super();
    this.#pglite = pglite;
    this.#lock = lock;
  }

  /** @param folder `memory://` for one that is gone when it is closed, as tests want it */
  static async open(folder: string): Promise<Embedded> {
    const isInMemory = folder === 'memory://';
    const lock = isInMemory ? undefined : DataFolderLock.take(folder);
    const pglite = await PGlite.create(isInMemory ? folder : join(folder, 'pglite'));
    const database = new Embedded(pglite, lock);
    try {
      await migrate(pglite);
      return database;
    } catch (error) {
      await database[Symbol.asyncDispose]();
      throw error;
    }
  }

  async query<Row extends object>(sql: string, values: unknown[] = []): Promise<Row[]> {
    return (await this.#pglite.query<Row>(sql, values)).rows;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pglite.close();
    this.#lock?.release();
  }
}
