/** In order, each once. Add to them; do not change one that has run somewhere. */
const MIGRATIONS = [
  `CREATE TABLE blocked_network (
     network cidr PRIMARY KEY,
     reason text NOT NULL,
     added_at timestamptz NOT NULL DEFAULT now()
   )`,
  // Finds the networks that an address is in.
  'CREATE INDEX blocked_network_contains ON blocked_network USING gist (network inet_ops)',
  // To try it: on Linux `curl --interface 127.0.0.66` comes from there.
  `INSERT INTO blocked_network (network, reason) VALUES ('127.0.0.66', 'an example')`,
];

/** Any number that nothing else in the database locks. */
const LOCK = 1_717_171_717;

/** One connection: PGlite and a client of `pg` have this in common. */
interface Session {
  query(sql: string, values?: unknown[]): Promise<{ rows: unknown[] }>;
}

/** Brings the tables up to date: all of it or nothing. Several processes that start at once take turns. */
export async function migrate(session: Session): Promise<void> {
  await session.query('BEGIN');
  try {
    // A turn, and a migration, may take longer than the statements of messages.
    await session.query('SET LOCAL statement_timeout = 0');
    await session.query('SELECT pg_advisory_xact_lock($1)', [LOCK]);
    await session.query('CREATE TABLE IF NOT EXISTS migration (number integer PRIMARY KEY)');
    const { rows: done } = await session.query('SELECT number FROM migration');
    for (const [number, sql] of [...MIGRATIONS.entries()].slice(done.length)) {
      await session.query(sql);
      await session.query('INSERT INTO migration VALUES ($1)', [number]);
    }
    await session.query('COMMIT');
  } catch (error) {
    await session.query('ROLLBACK');
    throw error;
  }
}
