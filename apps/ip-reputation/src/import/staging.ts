import { randomBytes } from 'node:crypto';
import type { Database } from '../database/database.ts';
import type { Prefix } from '../entries/prefix.ts';

/** An entry on its way into the table. */
export interface StagedEntry {
  readonly line: number;
  readonly prefix: Prefix;
  readonly list: string;
  readonly score: number;
  readonly reason: string | undefined;
  readonly expiresAt: Date | undefined;
}

export interface Merged {
  /** Different pairs of prefix and list. */
  readonly entries: number;
  readonly added: number;
  readonly changed: number;
  /** By `replace`. */
  readonly removed: number;
}

/** What an import that died left behind is removed after this long. */
const STALE_MS = 24 * 3600 * 1000;

/**
 * A table of its own for the rows of one import. They get there in batches, while others use the database, and into
 * the real table in one transaction: all or none, noted as one change, however long the file takes to read.
 */
export class Staging {
  readonly #database: Database;
  readonly #table: string;

  private constructor(database: Database, table: string) {
    this.#database = database;
    this.#table = table;
  }

  static async create(database: Database): Promise<Staging> {
    await dropStale(database);
    const table = `reputation.import_${Date.now()}_${randomBytes(4).toString('hex')}`;
    await database.query(
      `CREATE UNLOGGED TABLE ${table} (
         line integer, prefix cidr, list text, score smallint, reason text, expires_at timestamptz)`,
    );
    return new Staging(database, table);
  }

  async add(entries: readonly StagedEntry[]): Promise<void> {
    await this.#database.query(
      `INSERT INTO ${this.#table}
       SELECT * FROM unnest($1::integer[], $2::cidr[], $3::text[], $4::smallint[], $5::text[], $6::timestamptz[])`,
      [
        entries.map((entry) => entry.line),
        entries.map((entry) => entry.prefix.toString()),
        entries.map((entry) => entry.list),
        entries.map((entry) => entry.score),
        entries.map((entry) => entry.reason ?? null),
        entries.map((entry) => entry.expiresAt?.toISOString() ?? null),
      ],
    );
  }

  /**
   * Takes everything over; of several lines with the same prefix and list the last counts. Rows that say what the
   * table says already are left alone, so that a list imported again changes what has changed.
   *
   * @param replace also remove what the lists of this import held before and the import does not
   */
  async merge(replace: boolean): Promise<Merged> {
    await this.#database.query(`ANALYZE ${this.#table}`);
    const merged = await this.#database.transaction(async (query) => {
      const [counts] = await query<Omit<Merged, 'removed'>>(
        `WITH newest AS MATERIALIZED (
           SELECT DISTINCT ON (prefix, list) * FROM ${this.#table} ORDER BY prefix, list, line DESC
         ), merged AS (
           INSERT INTO reputation.entry AS e (prefix, list, score, reason, expires_at)
           SELECT prefix, list, score, reason, expires_at FROM newest
           ON CONFLICT (prefix, list) DO UPDATE
             SET score = excluded.score, reason = excluded.reason, expires_at = excluded.expires_at
             WHERE (e.score, e.reason, e.expires_at)
               IS DISTINCT FROM (excluded.score, excluded.reason, excluded.expires_at)
           RETURNING xmax = 0 AS added
         )
         SELECT (SELECT count(*)::int FROM newest) AS entries,
           (count(*) FILTER (WHERE added))::int AS added, (count(*) FILTER (WHERE NOT added))::int AS changed
         FROM merged`,
      );
      const [gone] = replace
        ? await query<{ removed: number }>(
            `WITH gone AS (
               DELETE FROM reputation.entry e WHERE list IN (SELECT list FROM ${this.#table})
                 AND NOT EXISTS (SELECT FROM ${this.#table} i WHERE i.prefix = e.prefix AND i.list = e.list)
               RETURNING 1
             ) SELECT count(*)::int AS removed FROM gone`,
          )
        : [];
      return { ...(counts as Omit<Merged, 'removed'>), removed: gone?.removed ?? 0 };
    });
    // A server has autovacuum; PGlite has no background processes, and would not know how large the table is now.
    const { added, changed, removed } = merged;
    if (this.#database.embedded && added + changed + removed > 10_000) {
      await this.#database.query('VACUUM (ANALYZE) reputation.entry');
    }
    return merged;
  }

  async drop(): Promise<void> {
    await this.#database.query(`DROP TABLE IF EXISTS ${this.#table}`);
  }
}

async function dropStale(database: Database): Promise<void> {
  const tables = await database.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class
     WHERE relnamespace = 'reputation'::regnamespace AND relkind = 'r' AND relname ~ '^import_[0-9]+_[0-9a-f]+$'`,
  );
  for (const { name } of tables) {
    if (Number(name.split('_')[1]) > Date.now() - STALE_MS) continue;
    await database.query(`DROP TABLE IF EXISTS reputation.${name}`);
  }
}
