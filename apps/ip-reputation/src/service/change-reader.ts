import type { Query } from '../database/query.ts';
import { type EntryRow, entryColumns } from './entry-rows.ts';

/** More changed keys than this are read list by list: reading them at once would stop the event loop. */
const MAX_KEYS = 10_000;

/** What happened between two snapshots. */
export interface Changes {
  /** For the next call. */
  readonly snapshot: string;
  /** The entries that were set, as they are now. */
  readonly set: readonly EntryRow[];
  /** The keys that are gone: prefix, list. */
  readonly removed: readonly (readonly [prefix: string, list: string])[];
  /** Lists to load again; 'all' also when notes are missing. */
  readonly reload: readonly string[] | 'all';
}

/** The snapshot of now, as text (`pg_snapshot`). */
export async function currentSnapshot(query: Query): Promise<string> {
  const [row] = await query<{ snapshot: string }>('SELECT pg_current_snapshot()::text AS snapshot');
  return (row as { snapshot: string }).snapshot;
}

/**
 * Reads the notes of all transactions that a snapshot did not see, and the entries they are about, in one statement:
 * what it returns is true of one moment, the one of the snapshot it returns.
 *
 * A transaction that an old snapshot did not see may have started before it, and its notes may have been removed
 * before it could be read: that cannot be ruled out when the horizon is not below the snapshot's oldest transaction.
 */
export async function readChanges(query: Query, since: string): Promise<Changes> {
  const [row] = await query<{
    snapshot: string;
    behind: boolean;
    lists: (string | null)[];
    keys: number;
    rows: [string, string, ...([null, null, null, null, null] | EntryRow)][] | null;
  }>(
    `WITH unseen AS MATERIALIZED (
       SELECT DISTINCT list, prefix FROM reputation.change
       WHERE xact >= pg_snapshot_xmin($1::pg_snapshot) AND NOT pg_visible_in_snapshot(xact, $1::pg_snapshot)
     ), keys AS MATERIALIZED (
       SELECT list, prefix FROM unseen WHERE prefix IS NOT NULL LIMIT ${MAX_KEYS + 1}
     )
     SELECT pg_current_snapshot()::text AS snapshot,
       (SELECT xact >= pg_snapshot_xmin($1::pg_snapshot) FROM reputation.change_horizon) AS behind,
       ARRAY(SELECT list FROM unseen WHERE prefix IS NULL) AS lists,
       (SELECT count(*)::int FROM keys) AS keys,
       (SELECT json_agg(json_build_array(encode(inet_send(k.prefix), 'hex'), k.list, ${entryColumns('e')}))
        FROM keys k LEFT JOIN reputation.entry e ON e.prefix = k.prefix AND e.list = k.list
        WHERE (SELECT count(*) FROM keys) <= ${MAX_KEYS}) AS rows`,
    [since],
  );
  if (row === undefined) throw new Error('reading changes returned nothing');
  const { snapshot, behind, lists, keys, rows } = row;
  const set: EntryRow[] = [];
  const removed: (readonly [string, string])[] = [];
  for (const [prefix, list, ...entry] of rows ?? []) {
    if (entry[0] === null) removed.push([prefix, list]);
    else set.push(entry as EntryRow);
  }
  const everything = behind || lists.includes(null) || keys > MAX_KEYS;
  return { snapshot, set, removed, reload: everything ? 'all' : (lists as string[]) };
}

/** Removes notes older than this many minutes; how many. */
export async function pruneChanges(query: Query, minutes: number): Promise<number> {
  const [row] = await query<{ gone: number }>(
    `WITH gone AS (
       DELETE FROM reputation.change WHERE noted_at < now() - make_interval(mins => $1) RETURNING xact
     ), moved AS (
       UPDATE reputation.change_horizon h SET xact = g.xact
       FROM (SELECT xact FROM gone ORDER BY xact DESC LIMIT 1) g WHERE g.xact > h.xact
     )
     SELECT count(*)::int AS gone FROM gone`,
    [minutes],
  );
  return row?.gone ?? 0;
}
