import type { Database } from '../database/database.ts';
import { pruneChanges } from './change-reader.ts';

/** How long notes of changes are kept for readers that were away; older ones load everything again. */
const NOTES_MINUTES = 10;
/** Expired entries no longer count; they stay for a while, for whoever wonders what was there. */
const EXPIRED_DAYS = 7;

/** Removes what nobody needs any more. Any number of services may do so at the same time. */
export async function tidyUp(database: Database): Promise<void> {
  await database.query('DELETE FROM reputation.entry WHERE expires_at < now() - make_interval(days => $1)', [
    EXPIRED_DAYS,
  ]);
  const pruned = await pruneChanges(database.query, NOTES_MINUTES);
  // A server has autovacuum; PGlite has no background processes.
  if (database.embedded && pruned > 0) await database.query('VACUUM reputation.change, reputation.entry');
}
