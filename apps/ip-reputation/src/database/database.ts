import { resolve } from 'node:path';
import pg from 'pg';
import { COMMAND_APPLICATION } from './application-names.ts';
import { migrate } from './migrate.ts';
import { DataFolder } from './pglite/data-folder.ts';
import { type Query, queryOn } from './query.ts';

/** `dataDirectory`: the embedded database (PGlite) in this folder. `url`: a PostgreSQL server (13 or newer). */
export type DatabaseLocation = { readonly dataDirectory: string } | { readonly url: string };

/** How long a new connection to a server may take. */
const CONNECT_TIMEOUT_MS = 10_000;

/**
 * Opens the database and brings its schema up to date.
 *
 * The folder of an embedded database may be open in several processes: the first one holds it and serves the others.
 *
 * @param application the name under which connections show in `pg_stat_activity`
 * @throws Error when it can't be reached, with the driver's error as `cause`
 */
export async function openDatabase(
  location: DatabaseLocation,
  application: string = COMMAND_APPLICATION,
): Promise<Database> {
  const database = new Database(location, application);
  try {
    await migrate(database);
  } catch (error) {
    await database.close();
    throw error;
  }
  return database;
}

/** A database with our schema: PGlite or PostgreSQL, which differ here alone. */
export class Database {
  /** Where the database is, without its password. */
  readonly description: string;
  readonly #application: string;
  readonly #connect: (application: string) => Promise<pg.Client>;
  readonly #folder: DataFolder | undefined;
  #shared: Promise<{ readonly client: pg.Client; readonly query: Query }> | undefined;

  /** Use {@link openDatabase}. */
  constructor(location: DatabaseLocation, application: string) {
    this.#application = application;
    if ('url' in location) {
      this.description = describeUrl(location.url);
      this.#connect = (name) => connectToServer(location.url, name);
      return;
    }
    // The driver takes a host that does not begin with a slash for a name, not for the folder of a socket.
    const directory = resolve(location.dataDirectory);
    const folder = new DataFolder(directory);
    this.description = `embedded PostgreSQL in ${directory}`;
    this.#folder = folder;
    this.#connect = (name) => folder.connect(name);
  }

  /** Whether it is PGlite in a folder. */
  get embedded(): boolean {
    return this.#folder !== undefined;
  }

  /** Runs one statement by itself. */
  readonly query: Query = async (text, values) => (await this.#sharedClient()).query(text, values);

  /** Runs `work` in a transaction, on a connection of its own. Rolls back when it throws. */
  async transaction<Result>(work: (query: Query) => Promise<Result>): Promise<Result> {
    const client = await this.#connect(this.#application);
    try {
      await client.query('BEGIN');
      const result = await work(queryOn(client));
      await client.query('COMMIT');
      return result;
    } finally {
      // Ending the connection rolls back what was not committed.
      await client.end().catch(() => {});
    }
  }

  /**
   * A connection of the caller's own, for LISTEN. The caller ends it; a lost one emits 'end'.
   *
   * @param application see {@link openDatabase}
   */
  async connect(application: string = this.#application): Promise<pg.Client> {
    return this.#connect(application);
  }

  /**
   * Closes the connection of `query`, and the embedded database if this process has it open: commands of other
   * processes that are at work in it may finish first.
   *
   * @param graceMs how long they may take, in milliseconds; then they fail and change nothing
   */
  async close(graceMs = 10 * 60_000): Promise<void> {
    const shared = await this.#shared?.catch(() => undefined);
    this.#shared = undefined;
    await shared?.client.end().catch(() => {});
    await this.#folder?.close(graceMs);
  }

  async #sharedClient(): Promise<{ readonly client: pg.Client; readonly query: Query }> {
    if (this.#shared === undefined) {
      const connecting = this.#connect(this.#application).then((client) => ({ client, query: queryOn(client) }));
      this.#shared = connecting;
      const forget = (): void => {
        if (this.#shared === connecting) this.#shared = undefined;
      };
      connecting.then(({ client }) => client.once('end', forget), forget);
    }
    return this.#shared;
  }
}

async function connectToServer(url: string, application: string): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: url,
    application_name: application,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
  });
  // Whoever uses the client hears of a lost connection by 'end'; without a listener 'error' ends the process.
  client.on('error', () => {});
  try {
    await client.connect();
  } catch (cause) {
    await client.end().catch(() => {});
    throw new Error(`no connection to ${describeUrl(url)}: ${messageOf(cause)}`, { cause });
  }
  return client;
}

/** A refused connection to a name with several addresses is an AggregateError without a message. */
function messageOf(cause: unknown): string {
  if (cause instanceof AggregateError) return cause.errors.map(messageOf).join(', ');
  return cause instanceof Error ? cause.message : String(cause);
}

function describeUrl(text: string): string {
  if (!URL.canParse(text)) return 'the PostgreSQL server';
  const { host, pathname } = new URL(text);
  return `PostgreSQL at ${host || 'a local socket'}${pathname}`;
}
