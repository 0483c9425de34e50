import type { IpAddress } from '@spoa/core';
import type { Database } from '../database/database.ts';
import { Prefix } from './prefix.ts';

/** What a list says about a prefix. */
export interface Entry {
  readonly prefix: Prefix;
  readonly list: string;
  /** 0 (blacklisted without doubt) to 100 (totally safe). */
  readonly score: number;
  readonly reason: string | undefined;
  readonly expiresAt: Date | undefined;
}

/** Adds an entry or replaces the one of the same prefix and list. */
export async function setEntry(database: Database, entry: Entry): Promise<void> {
  await database.query(
    `INSERT INTO reputation.entry (prefix, list, score, reason, expires_at) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (prefix, list) DO UPDATE
       SET score = excluded.score, reason = excluded.reason, expires_at = excluded.expires_at`,
    [entry.prefix.toString(), entry.list, entry.score, entry.reason ?? null, entry.expiresAt?.toISOString() ?? null],
  );
}

/** Removes the entries of exactly these prefixes, from all lists or from one; how many. */
export async function removeEntries(database: Database, prefixes: readonly Prefix[], list?: string): Promise<number> {
  const [row] = await database.query<{ removed: number }>(
    `WITH gone AS (
       DELETE FROM reputation.entry WHERE prefix = ANY ($1::cidr[]) AND ($2::text IS NULL OR list = $2) RETURNING 1
     ) SELECT count(*)::int AS removed FROM gone`,
    [prefixes.map(String), list ?? null],
  );
  return row?.removed ?? 0;
}

/** Removes a whole list; how many entries it had. */
export async function removeList(database: Database, list: string): Promise<number> {
  const [row] = await database.query<{ removed: number }>(
    `WITH gone AS (DELETE FROM reputation.entry WHERE list = $1 RETURNING 1)
     SELECT count(*)::int AS removed FROM gone`,
    [list],
  );
  return row?.removed ?? 0;
}

/** All entries that hold an address and have not expired, the one that decides first. */
export async function entriesFor(database: Database, address: IpAddress): Promise<Entry[]> {
  // A GiST index would serve ">>=", and cost more on every import than 33 or 129 exact look-ups do here.
  const host = Prefix.of(address, address.family === 4 ? 32 : 128);
  const candidates = Array.from({ length: host.length + 1 }, (_, bits) => `${Prefix.of(host.address, bits)}`);
  const rows = await database.query<{
    prefix: string;
    list: string;
    score: number;
    reason: string | null;
    expires_at: Date | null;
  }>(
    `SELECT prefix::text, list, score, reason, expires_at FROM reputation.entry
     WHERE prefix = ANY ($1::cidr[]) AND (expires_at IS NULL OR expires_at > now())
     ORDER BY masklen(entry.prefix) DESC, score, list COLLATE "C"`,
    [candidates],
  );
  return rows.map(({ prefix, list, score, reason, expires_at }) => ({
    prefix: Prefix.parse(prefix) as Prefix,
    list,
    score,
    reason: reason ?? undefined,
    expiresAt: expires_at ?? undefined,
  }));
}

export interface ListStatistics {
  readonly list: string;
  readonly entries: number;
  readonly ipv4: number;
  readonly ipv6: number;
  readonly lowestScore: number;
  readonly highestScore: number;
  /** Entries with an expiry that has not come yet. */
  readonly expiring: number;
  /** Expired entries, which no longer count. */
  readonly expired: number;
  readonly updatedAt: Date;
}

/** What each list holds, by name. */
export async function listStatistics(database: Database): Promise<ListStatistics[]> {
  return database.query<ListStatistics>(
    `SELECT list, count(*)::int AS entries,
       (count(*) FILTER (WHERE family(prefix) = 4))::int AS ipv4,
       (count(*) FILTER (WHERE family(prefix) = 6))::int AS ipv6,
       min(score) AS "lowestScore", max(score) AS "highestScore",
       (count(*) FILTER (WHERE expires_at > now()))::int AS expiring,
       (count(*) FILTER (WHERE expires_at <= now()))::int AS expired,
       max(updated_at) AS "updatedAt"
     FROM reputation.entry GROUP BY list ORDER BY list COLLATE "C"`,
  );
}
