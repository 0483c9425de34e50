import type { Socket } from 'node:net';
import type { Backend } from './backend.ts';
import {
  type Answer,
  errorResponse,
  greeting,
  negotiateProtocolVersion,
  type TransactionStatus,
} from './backend-messages.ts';
import { type FrontendMessage, FrontendSplitter, query } from './frontend-messages.ts';

const SSL_REQUEST = 80877103;
const GSS_REQUEST = 80877104;
const CANCEL_REQUEST = 80877102;

/** A transaction keeps everybody else out: one that is left open is rolled back. */
const IDLE_IN_TRANSACTION_MS = 60_000;

/** PGlite reads the data of a COPY from nowhere and fails as a whole. A statement in its place fails as it should. */
const REFUSED_COPY = query(
  `DO $$BEGIN RAISE feature_not_supported
   USING MESSAGE = 'the embedded database takes no COPY FROM STDIN; use INSERT, or the import command'; END$$`,
);

function isCopyIn({ type, bytes }: FrontendMessage): boolean {
  return type === 'Q' && /^\s*copy\b.*\bfrom\s+stdin\b/is.test(bytes.toString('utf8', 5, 2000));
}

/** What the door does for its sessions. */
export interface Door {
  /** The backend, once the folder is ours. Rejects when it won't be. */
  readonly backend: Promise<Backend>;
  /** Hands notifications to the sessions that listen. */
  notify(notifications: readonly { readonly channel: string; readonly bytes: Buffer }[]): void;
  /** Every channel that a session listens to. */
  channels(): Iterable<string>;
  ended(session: Session): void;
  /** The backend failed (SQL errors are answers, not failures) and can't be used any more. */
  broken(cause: unknown): void;
}

/** One client of the door. */
export class Session {
  readonly channels = new Set<string>();
  /** The client's `application_name`. */
  application = '';
  /** When the last batch ended, in milliseconds of `performance.now()`. */
  lastActive = performance.now();
  readonly #socket: Socket;
  readonly #door: Door;
  readonly #splitter = new FrontendSplitter();
  #batch: Buffer[] = [];
  #release: (() => void) | undefined;
  #started = false;
  #working = false;
  #gone = false;
  #idleInTransaction: NodeJS.Timeout | undefined;

  constructor(socket: Socket, door: Door) {
    this.#socket = socket;
    this.#door = door;
    socket.on('data', (chunk) => {
      this.#splitter.push(chunk);
      void this.#work();
    });
    // An error is followed by 'close'.
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#gone = true;
      void this.#work();
    });
  }

  /** Whether a batch or a transaction is under way. */
  get busy(): boolean {
    return this.#working || this.#release !== undefined;
  }

  write(bytes: Buffer): void {
    if (!this.#gone) this.#socket.write(bytes);
  }

  /** Ends the connection with a reason. @param code SQLSTATE */
  terminate(code: string, reason: string): void {
    if (!this.#gone) this.#socket.end(errorResponse('FATAL', code, reason), () => this.#socket.destroy());
  }

  /** Works through what has arrived; never twice at a time. */
  async #work(): Promise<void> {
    if (this.#working) return;
    this.#working = true;
    try {
      while (!this.#gone) {
        const message = this.#splitter.next();
        if (message === undefined) break;
        await this.#take(message);
      }
    } catch (cause) {
      this.terminate('XX000', cause instanceof Error ? cause.message : String(cause));
    } finally {
      this.#working = false;
    }
    if (this.#gone) await this.#leave();
  }

  async #take(message: FrontendMessage): Promise<void> {
    if (message.type === '') {
      await this.#start(message.bytes);
      return;
    }
    if (message.type === 'X') {
      this.#socket.end();
      return;
    }
    this.#batch.push(isCopyIn(message) ? REFUSED_COPY : message.bytes);
    // Query, Sync, FunctionCall and Flush are what a server answers to; CopyDone and CopyFail end a COPY.
    if ('QSFHcf'.includes(message.type)) await this.#run(message);
  }

  async #start(bytes: Buffer): Promise<void> {
    const code = bytes.readInt32BE(4);
    if (code === SSL_REQUEST || code === GSS_REQUEST) {
      this.write(Buffer.from('N'));
      return;
    }
    if (code === CANCEL_REQUEST || code >>> 16 !== 3) {
      this.#socket.destroy();
      return;
    }
    const parameters = bytes.toString('utf8', 8).split('\0');
    for (let i = 0; i + 1 < parameters.length; i += 2) {
      if (parameters[i] === 'application_name') this.application = parameters[i + 1] as string;
    }
    const { serverVersion } = await this.#door.backend;
    this.#started = true;
    this.#splitter.startupDone();
    if ((code & 0xffff) !== 0) this.write(negotiateProtocolVersion());
    this.write(greeting(serverVersion));
  }

  async #run(last: FrontendMessage): Promise<void> {
    const backend = await this.#door.backend;
    const messages = Buffer.concat(this.#batch);
    this.#batch = [];
    clearTimeout(this.#idleInTransaction);
    this.#release ??= await backend.takeTurn();
    // It may have left while others had their turn.
    if (this.#gone) return;
    const { bytes, notifications, status } = await this.#runOn(backend, messages);
    this.write(bytes);
    if (last.type === 'Q') await this.#followListening(backend, last.bytes.toString('utf8', 5, last.bytes.length - 1));
    this.#door.notify(notifications);
    this.lastActive = performance.now();
    this.#endTurn(status);
  }

  async #runOn(backend: Backend, messages: Buffer): Promise<Answer> {
    try {
      return await backend.run(messages);
    } catch (cause) {
      this.#door.broken(cause);
      throw cause;
    }
  }

  #endTurn(status: TransactionStatus | undefined): void {
    if (status === 'I') {
      this.#release?.();
      this.#release = undefined;
      return;
    }
    this.#idleInTransaction = setTimeout(
      () => this.terminate('25P03', `idle in a transaction for ${IDLE_IN_TRANSACTION_MS / 1000} s, rolled back`),
      IDLE_IN_TRANSACTION_MS,
    );
  }

  /** The backend's session is everybody's: who listens to what is kept here, and UNLISTEN must not silence others. */
  async #followListening(backend: Backend, sql: string): Promise<void> {
    for (const [, name] of sql.matchAll(/\blisten\s+"?(\w+)/gi)) this.channels.add((name as string).toLowerCase());
    if (!/\b(unlisten|discard)\b/i.test(sql)) return;
    for (const [, name] of sql.matchAll(/\bunlisten\s+"?(\w+)/gi)) this.channels.delete((name as string).toLowerCase());
    if (/\bunlisten\s+\*|\bdiscard\b/i.test(sql)) this.channels.clear();
    await listenAgain(backend, this.#door);
  }

  /** Leaves nothing behind in the session that all share. */
  async #leave(): Promise<void> {
    this.#door.ended(this);
    clearTimeout(this.#idleInTransaction);
    if (!this.#started) return;
    try {
      const backend = await this.#door.backend;
      this.#release ??= await backend.takeTurn();
      for (const sql of ['ROLLBACK', 'RESET ALL', 'DEALLOCATE ALL']) await backend.statement(sql);
    } catch {
      // The database is closed or was never opened: nothing is left of the session either.
    } finally {
      this.#release?.();
      this.#release = undefined;
    }
  }
}

async function listenAgain(backend: Backend, door: Door): Promise<void> {
  for (const channel of door.channels()) await backend.statement(`LISTEN ${channel}`);
}
