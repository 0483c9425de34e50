/** What host.ts gives the thread that it starts. */
export interface WorkerSettings {
  /** Path of the unix socket. */
  readonly socket: string;
  /** PGlite's own folder. */
  readonly database: string;
}

/** `open`: the folder is ours, open the database. `close`: finish, close, end. */
export type ToWorker = 'open' | 'close';

export type ToHost =
  | { readonly type: 'listening' }
  | { readonly type: 'open' }
  | { readonly type: 'failed'; readonly reason: string };
