import type pg from 'pg';

/** Runs one statement and returns its rows. Values stand for `$1`, `$2`, ... */
export type Query = <Row extends object>(text: string, values?: readonly unknown[]) => Promise<Row[]>;

/**
 * Queries on one connection; asked for at the same time, they run one after the other.
 *
 * @param timeoutMs a query that takes longer fails; without: no limit
 */
export function queryOn(client: pg.Client, timeoutMs?: number): Query {
  const limit = timeoutMs === undefined ? {} : { query_timeout: timeoutMs };
  let before: Promise<unknown> = Promise.resolve();
  return <Row extends object>(text: string, values?: readonly unknown[]): Promise<Row[]> => {
    const rows = before.then(async () => {
      const result = await client.query<Row>({ text, values: values as unknown[], ...limit });
      return result.rows;
    });
    before = rows.catch(() => {});
    return rows;
  };
}
