/** What host.ts gives the thread that it starts. */
export interface WorkerSettings {
  /** Path of the unix socket. */
  readonly socket: string;
  /** PGlite's own folder. */
  readonly database: string;
}

export type ToWorker =
  /** The folder is ours: open the database. */
  | { readonly type: 'open' }
  /** Finish, close, end. Clients at work have `graceMs` milliseconds. */
  | { readonly type: 'close'; readonly graceMs: number };

export type ToHost =
  | { readonly type: 'listening' }
  | { readonly type: 'open' }
  | { readonly type: 'failed'; readonly reason: string };
