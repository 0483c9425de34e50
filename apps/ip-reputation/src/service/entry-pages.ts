import type { Query } from '../database/database.ts';
import { type EntryRow, entryColumns, prefixFromHex } from './entry-rows.ts';

/** Parsing and storing a page takes about five milliseconds, which is how long others wait. */
const PAGE = 2000;

/**
 * Reads all entries, or those of some lists, page by page, each page in a statement of its own: no transaction stays
 * open, which would keep everybody else out of PGlite. So the whole is not of one moment; who needs that reads the
 * changes since before the first page, too.
 */
export async function* entryPages(query: Query, lists: Iterable<string> | 'all'): AsyncGenerator<readonly EntryRow[]> {
  if (lists === 'all') {
    // No list has the empty name, and every name sorts behind it.
    for (let key: Key | undefined = ['', '0.0.0.0/0']; key !== undefined; ) {
      const rows: readonly EntryRow[] = await pageOf(query, '(list, prefix) > ($1, $2::cidr)', key);
      if (rows.length > 0) yield rows;
      key = keyAfter(rows);
    }
    return;
  }
  for (const list of lists) {
    let rows = await pageOf(query, 'list = $1', [list]);
    while (rows.length > 0) {
      yield rows;
      const key = keyAfter(rows);
      rows = key === undefined ? [] : await pageOf(query, 'list = $1 AND prefix > $2::cidr', key);
    }
  }
}

type Key = [list: string, prefix: string];

async function pageOf(query: Query, condition: string, values: string[]): Promise<readonly EntryRow[]> {
  const [row] = await query<{ rows: EntryRow[] | null }>(
    `SELECT json_agg(json_build_array(${entryColumns('e')})) AS rows FROM (
       SELECT * FROM reputation.entry WHERE ${condition} ORDER BY list, prefix LIMIT ${PAGE}
     ) e`,
    values,
  );
  return row?.rows ?? [];
}

/** Where the next page starts; `undefined` after the last. */
function keyAfter(rows: readonly EntryRow[]): Key | undefined {
  if (rows.length < PAGE) return undefined;
  const [prefix, list] = rows[rows.length - 1] as EntryRow;
  return [list, prefixFromHex(prefix).toString()];
}
