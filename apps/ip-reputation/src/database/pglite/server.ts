import { chmod } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { AGENT_APPLICATION } from '../application-names.ts';
import type { Backend } from './backend.ts';
import { type Door, Session } from './session.ts';

const MAX_SESSIONS = 64;
/** A client that has been silent for this long is not in the middle of anything. */
const IDLE_MS = 2000;

/**
 * Serves a PGlite database to several clients on a unix socket, in PostgreSQL's own protocol: node-postgres and psql
 * (`psql -h FOLDER`) both speak it. Sessions share settings and temporary tables, as they share the backend.
 *
 * It listens before the database is open (see holders.ts) and until after it is closed: a socket that accepts is the
 * sign that the folder is taken.
 */
export class PgliteServer implements Door {
  readonly backend: Promise<Backend>;
  readonly #server: Server;
  readonly #sessions = new Set<Session>();
  readonly #onBroken: (cause: unknown) => void;
  #open: (backend: Backend) => void = () => {};
  #refuse: (reason: Error) => void = () => {};
  #closing = false;

  private constructor(onBroken: (cause: unknown) => void) {
    this.#onBroken = onBroken;
    this.backend = new Promise((resolve, reject) => {
      this.#open = resolve;
      this.#refuse = reject;
    });
    this.backend.catch(() => {});
    this.#server = createServer((socket) => {
      const session = new Session(socket, this);
      if (this.#closing) session.terminate('57P03', 'the database is being closed');
      else if (this.#sessions.size >= MAX_SESSIONS) session.terminate('53300', 'too many clients');
      else this.#sessions.add(session);
    });
  }

  /** @param path where to listen; its folder must be private to the user */
  static async listen(path: string, onBroken: (cause: unknown) => void): Promise<PgliteServer> {
    const server = new PgliteServer(onBroken);
    await new Promise<void>((resolve, reject) => {
      server.#server.once('error', reject);
      server.#server.listen(path, resolve);
    });
    await chmod(path, 0o600);
    return server;
  }

  /** Lets the clients in that have been waiting. */
  serve(backend: Backend): void {
    this.#open(backend);
  }

  notify(notifications: readonly { readonly channel: string; readonly bytes: Buffer }[]): void {
    for (const { channel, bytes } of notifications) {
      for (const session of this.#sessions) if (session.channels.has(channel)) session.write(bytes);
    }
  }

  *channels(): Iterable<string> {
    yield* new Set([...this.#sessions].flatMap((session) => [...session.channels]));
  }

  ended(session: Session): void {
    this.#sessions.delete(session);
  }

  broken(cause: unknown): void {
    this.#onBroken(cause);
  }

  /**
   * Sends the clients away, commands at work excepted, which may finish; then closes the database, then the socket.
   *
   * @param graceMs how long commands have, in milliseconds
   */
  async close(graceMs: number): Promise<void> {
    this.#closing = true;
    this.#refuse(new Error('the database is being closed'));
    const deadline = performance.now() + graceMs;
    while (this.#sessions.size > 0) {
      for (const session of [...this.#sessions]) if (this.#mayGo(session, deadline)) this.#dismiss(session);
      await delay(20);
    }
    await this.backend.then(
      (backend) => backend.close(),
      () => {},
    );
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #mayGo(session: Session, deadline: number): boolean {
    const now = performance.now();
    if (now > deadline) return true;
    if (session.busy) return false;
    return session.application === AGENT_APPLICATION || now - session.lastActive > IDLE_MS;
  }

  #dismiss(session: Session): void {
    session.terminate('57P01', 'the database is being closed by the process that held it');
  }
}
