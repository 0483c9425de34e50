import { PGlite } from '@electric-sql/pglite';
import { type Answer, readAnswer } from './backend-messages.ts';
import { query } from './frontend-messages.ts';

/**
 * PGlite is one PostgreSQL backend: one session, one transaction at a time. This hands it to one client after the
 * other: a client has its turn from the first message of a batch until the backend is idle again, so that neither
 * the messages of an extended query nor the statements of a transaction mix with another client's. (pglite-socket
 * 0.2 takes turns by single message, and stops for good when a client leaves in a transaction: its issues 985, 1046.)
 */
export class Backend {
  readonly #pglite: PGlite;
  readonly serverVersion: string;
  #turn: Promise<void> = Promise.resolve();

  private constructor(pglite: PGlite, serverVersion: string) {
    this.#pglite = pglite;
    this.serverVersion = serverVersion;
  }

  /** Opens the database in a folder; makes it where there is none. */
  static async open(folder: string): Promise<Backend> {
    const pglite = await PGlite.create({
      dataDir: folder,
      // PGlite's own defaults, but a commit is on the disk when it returns, and 128 MB of buffers become 24.
      startParams: [
        ...PGlite.defaultStartParams.filter((parameter) => parameter !== '-F'),
        ...['shared_buffers=24MB', 'max_wal_size=128MB', 'wal_level=minimal', 'max_wal_senders=0'].flatMap(
          (setting) => ['-c', setting],
        ),
      ],
    });
    const { rows } = await pglite.query<{ server_version: string }>('SHOW server_version');
    return new Backend(pglite, rows[0]?.server_version ?? '');
  }

  /** Waits for the backend; the function returned gives it back. */
  async takeTurn(): Promise<() => void> {
    const before = this.#turn;
    let release: () => void = () => {};
    this.#turn = new Promise((resolve) => {
      release = resolve;
    });
    await before;
    return release;
  }

  /** Runs messages of the client whose turn it is. */
  async run(messages: Uint8Array): Promise<Answer> {
    const chunks: Buffer[] = [];
    await this.#pglite.execProtocolRawStream(messages, {
      syncToFs: false,
      // The bytes belong to the database's memory and are written over.
      onRawData: (bytes) => chunks.push(Buffer.from(bytes)),
    });
    return readAnswer(Buffer.concat(chunks));
  }

  /** Runs a statement of our own. Only in a turn. */
  statement(sql: string): Promise<Answer> {
    return this.run(query(sql));
  }

  async close(): Promise<void> {
    const release = await this.takeTurn();
    try {
      await this.#pglite.close();
    } finally {
      release();
    }
  }
}
