import { Pool } from 'pg';
import { Database } from './database.ts';
import { migrate } from './migrate.ts';

/** A PostgreSQL server. */
export class Postgres extends Database {
  readonly #pool: Pool;

  private constructor(pool: Pool) {
    super();
    this.#pool = pool;
  }

  static async open(url: string): Promise<Postgres> {
    // Beyond the deadline of a message nobody waits for a statement: it must not keep its connection.
    const pool = new Pool({ connectionString: url, connectionTimeoutMillis: 5000, statement_timeout: 1000 });
    // An idle connection that ends is replaced by the pool. Without a listener its error would end the process.
    pool.on('error', () => undefined);
    const client = await pool.connect();
    try {
      await migrate(client);
    } finally {
      client.release();
    }
    return new Postgres(pool);
  }

  async query<Row extends object>(sql: string, values: unknown[] = []): Promise<Row[]> {
    return (await this.#pool.query<Row>(sql, values)).rows;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.end();
  }
}
