/** The database, whichever it is. */
export abstract class Database implements AsyncDisposable {
  /** Runs one statement and resolves to its rows. Values stand for `$1`, `$2`, ... */
  abstract query<Row extends object>(sql: string, values?: unknown[]): Promise<Row[]>;

  /** Called when the application closes, after everything that uses the database. */
  abstract [Symbol.asyncDispose](): Promise<void>;
}
