import type { Query } from '../database/query.ts';
import { type EntryRow, entryColumns, prefixFromHex } from './entry-rows.ts';

/** Parsing and storing a page takes about five milliseconds, which is how long others wait. */
const PAGE = 2000;

type Page = readonly EntryRow[];
/** Where a page starts: behind this entry. */
type Key = readonly [list: string, prefix: string];

/**
 * Reads all entries, or those of some lists, page by page, each page in a statement of its own: no transaction stays
 * open, which would keep everybody else out of PGlite. So the whole is not of one moment; who needs that reads the
 * changes since before the first page, too.
 *
 * The next page is asked for while the caller works on the last one. A caller that has meanwhile applied later
 * changes passes `true` to `next`: then the page is read again, lest it bring back what was.
 */
export async function* entryPages(
  query: Query,
  lists: Iterable<string> | 'all',
): AsyncGenerator<Page, void, boolean | undefined> {
  if (lists === 'all') {
    // No list has the empty name, and every name sorts behind it.
    yield* pages((key = ['', '0.0.0.0/0']) => pageOf(query, '(list, prefix) > ($1, $2::cidr)', key));
    return;
  }
  for (const list of lists) {
    yield* pages((key) =>
      key === undefined
        ? pageOf(query, 'list = $1', [list])
        : pageOf(query, 'list = $1 AND prefix > $2::cidr', [list, key[1]]),
    );
  }
}

async function* pages(read: (key?: Key) => Promise<Page>): AsyncGenerator<Page, void, boolean | undefined> {
  let rows = await read();
  while (rows.length > 0) {
    const key = keyAfter(rows);
    let next = key === undefined ? Promise.resolve([]) : read(key);
    // Awaited later: a failure meanwhile must not count as unhandled.
    next.catch(() => {});
    if ((yield rows) && key !== undefined) {
      await next;
      next = read(key);
    }
    rows = await next;
  }
}

async function pageOf(query: Query, condition: string, values: readonly string[]): Promise<Page> {
  const [row] = await query<{ rows: EntryRow[] | null }>(
    `SELECT json_agg(json_build_array(${entryColumns('e')})) AS rows FROM (
       SELECT * FROM reputation.entry WHERE ${condition} ORDER BY list, prefix LIMIT ${PAGE}
     ) e`,
    values,
  );
  return row?.rows ?? [];
}

/** Where the next page starts; `undefined` after the last. */
function keyAfter(rows: Page): Key | undefined {
  if (rows.length < PAGE) return undefined;
  const [prefix, list] = rows[rows.length - 1] as EntryRow;
  return [list, prefixFromHex(prefix).toString()];
}
