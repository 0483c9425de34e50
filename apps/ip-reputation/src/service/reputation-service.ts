import type { IpAddress } from '@spoa/core';
import type { OnModuleInit } from '@spoa/framework';
import type pg from 'pg';
import { AGENT_APPLICATION } from '../database/application-names.ts';
import type { Database } from '../database/database.ts';
import { queryOn } from '../database/query.ts';
import { PrefixTable } from '../table/prefix-table.ts';
import { Alarm } from './alarm.ts';
import { tidyUp } from './housekeeping.ts';
import { type Log, silent } from './log.ts';
import { TableFollower } from './table-follower.ts';

/** What is known about an address. Shared between look-ups: don't modify. */
export interface Reputation {
  /** 0 (blacklisted without doubt) to 100 (totally safe). */
  readonly score: number;
  /** The list that decided; `undefined` when the address is in none. */
  readonly list: string | undefined;
  readonly reason: string | undefined;
}

export interface ReputationOptions {
  /**
   * The score of an address in no list, 0 to 100. Nothing bad is known of it: lists are mostly block lists, and
   * nearly all visitors are in none. That it is unknown shows in the missing list.
   *
   * @default 100
   */
  readonly defaultScore?: number;
  readonly log?: Log;
  /**
   * How often the database is asked without having been notified, in milliseconds: a connection that died silently
   * is noticed so.
   *
   * @default 5000
   */
  readonly pollMs?: number;
}

/** How exact expiry is. */
const CLOCK_MS = 250;
const HOUSEKEEPING_MS = 10 * 60_000;
/** A server that does not answer for so long is taken for lost. PGlite may be busy with an import for longer. */
const QUERY_TIMEOUT_MS = 15_000;
const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 5000;

/**
 * The reputation of addresses, answered from memory, in step with the database.
 *
 * While the database is away it answers from what it knows, and tries again until it is back.
 */
export class ReputationService implements OnModuleInit, AsyncDisposable {
  readonly #database: Database;
  readonly #log: Log;
  readonly #pollMs: number;
  readonly #unlisted: Reputation;
  readonly #table = new PrefixTable();
  readonly #alarm = new Alarm();
  readonly #follower = new TableFollower(this.#table, this.#alarm);
  readonly #timers: NodeJS.Timeout[] = [];
  #client: pg.Client | undefined;
  #running: Promise<void> | undefined;
  #ready = false;
  #closed = false;
  #listedLookups = 0;
  #unlistedLookups = 0;

  constructor(database: Database, options: ReputationOptions = {}) {
    const { defaultScore = 100, log = silent, pollMs = 5000 } = options;
    if (!Number.isInteger(defaultScore) || defaultScore < 0 || defaultScore > 100) {
      throw new RangeError(`the score of addresses in no list must be an integer from 0 to 100, not ${defaultScore}`);
    }
    this.#database = database;
    this.#log = log;
    this.#pollMs = pollMs;
    this.#unlisted = Object.freeze({ score: defaultScore, list: undefined, reason: undefined });
  }

  /**
   * Loads the table and follows the database from then on. Resolves when everything is loaded.
   *
   * @throws Error when the database can't be reached or read
   */
  async start(): Promise<void> {
    this.#table.advance(Date.now());
    this.#every(CLOCK_MS, () => this.#table.advance(Date.now()));
    this.#every(HOUSEKEEPING_MS, () => {
      tidyUp(this.#database).catch((error) => this.#log.warn({ err: error }, 'housekeeping failed'));
    });
    const loaded = new Promise<void>((resolve, reject) => {
      this.#running = this.#run(resolve, reject);
    });
    try {
      await loaded;
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /** As part of an application: no message comes before the table is loaded. */
  onModuleInit(): Promise<void> {
    return this.start();
  }

  /** What is known about an address. Never waits, never throws, allocates nothing. */
  lookup(ip: IpAddress): Reputation {
    const match = this.#table.lookup(ip);
    if (match === undefined) {
      this.#unlistedLookups++;
      return this.#unlisted;
    }
    this.#listedLookups++;
    return match;
  }

  /** How many addresses were looked up: those in a list, and the others. */
  get lookups(): { readonly listed: number; readonly unlisted: number } {
    return { listed: this.#listedLookups, unlisted: this.#unlistedLookups };
  }

  /** Whether the table has been loaded. */
  get ready(): boolean {
    return this.#ready;
  }

  /** Whether the database is connected: changes arrive. */
  get connected(): boolean {
    return this.#client !== undefined;
  }

  /** When the table was last known to be as the database, in milliseconds since 1970; 0 before it was loaded. */
  get synchronizedAt(): number {
    return this.#follower.synchronizedAt;
  }

  /** How many entries are in memory, in all and by list; expired ones are counted until they are removed. */
  get counts(): { readonly entries: number; readonly lists: ReadonlyMap<string, number> } {
    return { entries: this.#table.size, lists: this.#table.sizes };
  }

  /** Stops following. Look-ups go on working. Does not close the database. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const timer of this.#timers) clearInterval(timer);
    this.#alarm.ring();
    void this.#client?.end().catch(() => {});
    await this.#running;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #every(ms: number, action: () => void): void {
    this.#timers.push(setInterval(action, ms).unref());
  }

  async #run(onLoaded: () => void, onFailed: (error: unknown) => void): Promise<void> {
    let failures = 0;
    while (!this.#closed) {
      try {
        await this.#follow(() => {
          failures = 0;
          onLoaded();
        });
      } catch (error) {
        if (this.#closed) break;
        if (!this.#ready) {
          onFailed(error);
          return;
        }
        // Once for each time that it goes away.
        if (failures++ === 0) this.#log.warn({ err: error }, 'the database is away; answering from memory');
      }
      this.#follower.reloadAll();
      // The end of the connection rang it; only closing may cut the pause short.
      this.#alarm.stop();
      if (this.#closed) break;
      await this.#alarm.wait(Math.min(FIRST_RETRY_MS * 2 ** Math.min(failures - 1, 10), LAST_RETRY_MS));
    }
    onFailed(new Error('closed before everything was loaded'));
  }

  async #follow(onLoaded: () => void): Promise<void> {
    const started = performance.now();
    const client = await this.#database.connect(AGENT_APPLICATION);
    let ended = false;
    client.once('end', () => {
      ended = true;
      this.#alarm.ring();
    });
    client.on('notification', () => this.#alarm.ring());
    try {
      // Before anything is read: what is changed later is heard of.
      await client.query('LISTEN reputation_change');
      if (this.#closed) return;
      this.#client = client;
      await this.#follower.follow(
        queryOn(client, this.#database.embedded ? undefined : QUERY_TIMEOUT_MS),
        async () => {
          await this.#alarm.wait(this.#pollMs);
          if (ended) throw new Error('the connection was closed');
        },
        () => {
          this.#loaded(performance.now() - started);
          onLoaded();
        },
      );
    } finally {
      this.#client = undefined;
      // Not waited for: a connection that died silently never says goodbye.
      void client.end().catch(() => {});
    }
  }

  #loaded(ms: number): void {
    const facts = { entries: this.#table.size, lists: this.#table.sizes.size, ms: Math.round(ms) };
    this.#log.info(facts, this.#ready ? 'everything loaded again' : 'reputation table loaded');
    this.#ready = true;
  }
}
