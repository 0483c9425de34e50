import type { Database } from './database.ts';
import { entries } from './migrations/0001-entries.ts';
import { changes } from './migrations/0002-changes.ts';
import type { Migration } from './migrations/migration.ts';
import type { Query } from './query.ts';

/** In the order of their application. A migration that has been released is never edited: add another one. */
const MIGRATIONS: readonly Migration[] = [entries, changes];

/** Any number, the same in all versions: one process migrates at a time. */
const LOCK = 7_061_203;

/**
 * Brings the schema up to date; does nothing, and needs no rights to change anything, where it is.
 *
 * @throws Error when the schema comes from a newer version than this one
 */
export async function migrate(database: Database): Promise<void> {
  if ((await pending(database.query)).length === 0) return;
  await database.transaction(async (query) => {
    await query('SELECT pg_advisory_xact_lock($1)', [LOCK]);
    // Asked for first: CREATE SCHEMA IF NOT EXISTS needs the right to create one even where it exists.
    if (!(await exists(query, 'reputation'))) await query('CREATE SCHEMA reputation');
    await query(
      `CREATE TABLE IF NOT EXISTS reputation.migration (
         name text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())`,
    );
    for (const migration of await pending(query)) {
      for (const statement of migration.statements) await query(statement);
      await query('INSERT INTO reputation.migration (name) VALUES ($1)', [migration.name]);
    }
  });
}

async function pending(query: Query): Promise<Migration[]> {
  const [table] = await query<{ known: boolean }>(`SELECT to_regclass('reputation.migration') IS NOT NULL AS known`);
  if (!table?.known) return [...MIGRATIONS];
  const applied = await query<{ name: string }>('SELECT name FROM reputation.migration');
  const names = new Set(applied.map(({ name }) => name));
  const unknown = [...names].filter((name) => !MIGRATIONS.some((migration) => migration.name === name));
  if (unknown.length > 0) {
    throw new Error(`the database was made by a newer version of ip-reputation: it has the migrations ${unknown}`);
  }
  return MIGRATIONS.filter(({ name }) => !names.has(name));
}

async function exists(query: Query, schema: string): Promise<boolean> {
  const rows = await query('SELECT FROM pg_namespace WHERE nspname = $1', [schema]);
  return rows.length > 0;
}
