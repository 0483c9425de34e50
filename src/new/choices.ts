/** What an application can keep its data in, and how it is asked for. */
export const DATABASES = {
  none: 'none: a service in memory',
  pglite: 'PGlite in a folder, or PostgreSQL by DATABASE_URL',
} as const;

export type DatabaseChoice = keyof typeof DATABASES;

/** Everything that an application is made from. */
export interface Choices {
  readonly name: string;
  readonly database: DatabaseChoice;
  /** The name of its message. */
  readonly message: string;
  readonly port: number;
}
