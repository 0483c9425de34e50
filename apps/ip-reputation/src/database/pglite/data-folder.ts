import { randomInt } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { type Holder, Holders } from './holders.ts';
import { PgliteHost } from './host.ts';

/** A holder that starts needs seconds: making a new database takes four. */
const CONNECT_MS = 60_000;

/**
 * An embedded database in a folder, for any number of processes: whoever comes first opens it and serves it to the
 * others. When that process ends, the next one to connect takes over.
 */
export class DataFolder {
  readonly #path: string;
  readonly #holders: Holders;
  #host: { readonly holder: Holder; readonly host: PgliteHost } | undefined;
  #hosting: Promise<void> | undefined;
  #closed = false;

  constructor(path: string) {
    this.#path = path;
    this.#holders = new Holders(path);
  }

  /** A connection to the database, wherever it is open. */
  async connect(application: string): Promise<pg.Client> {
    await mkdir(this.#path, { recursive: true, mode: 0o700 });
    const deadline = performance.now() + CONNECT_MS;
    for (;;) {
      if (this.#closed) throw new Error('the data folder is closed');
      const holder = await this.#anyHolder();
      if (holder !== undefined) {
        try {
          return await connectTo(holder, application);
        } catch (cause) {
          if (!isPassing(cause) || performance.now() > deadline) {
            const message = `no connection to process ${holder.pid}, which has the data folder ${this.#path}`;
            throw new Error(`${message}: ${(cause as Error).message}`, { cause });
          }
        }
      }
      // A random pause parts processes that came at the same moment and withdrew from each other.
      await delay(randomInt(20, 200));
    }
  }

  /**
   * Gives the folder up, if this process has it.
   *
   * @param graceMs how long commands of other processes that are at work in it may go on
   */
  async close(graceMs: number): Promise<void> {
    this.#closed = true;
    await this.#hosting?.catch(() => {});
    if (this.#host === undefined) return;
    const { holder, host } = this.#host;
    await host.close(graceMs);
    await this.#holders.withdraw(holder);
  }

  async #anyHolder(): Promise<Holder | undefined> {
    if (this.#host === undefined) {
      const [other] = await this.#holders.others();
      if (other !== undefined) return other;
      this.#hosting ??= this.#becomeHolder().finally(() => {
        this.#hosting = undefined;
      });
      await this.#hosting;
    }
    return this.#host?.holder;
  }

  /** Opens the database in this process, unless another one wants it, too. */
  async #becomeHolder(): Promise<void> {
    const holder = await this.#holders.prepare();
    try {
      const host = await PgliteHost.start({ socket: holder.socket, database: join(this.#path, 'pgdata') });
      void host.ended.then(async () => {
        // Asked to or not: a holder whose database has ended must not keep the others out.
        if (this.#host?.host === host) this.#host = undefined;
        await this.#holders.withdraw(holder);
      });
      await this.#holders.announce(holder);
      if ((await this.#holders.others(holder)).length > 0) {
        await host.close(0);
        return;
      }
      await host.open();
      this.#host = { holder, host };
    } catch (error) {
      await this.#holders.withdraw(holder);
      throw error;
    }
  }
}

async function connectTo(holder: Holder, application: string): Promise<pg.Client> {
  const client = new pg.Client({
    host: dirname(holder.socket),
    port: 5432,
    user: 'postgres',
    database: 'postgres',
    application_name: application,
    ssl: false,
  });
  // Whoever uses the client hears of a lost connection by 'end'; without a listener 'error' ends the process.
  client.on('error', () => {});
  await client.connect();
  return client;
}

/** Whether the next attempt may well succeed: the holder was about to end, or withdrew. */
function isPassing(cause: unknown): boolean {
  const { code, message } = cause as { code?: string; message?: string };
  const gone = ['ECONNREFUSED', 'ECONNRESET', 'ENOENT', 'EPIPE', '57P01', '57P03'];
  return (code !== undefined && gone.includes(code)) || /terminated|closed/i.test(message ?? '');
}
