/** Where a service says what happens; a pino logger is one. */
export interface Log {
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

/** Says nothing. */
export const silent: Log = { info() {}, warn() {}, error() {} };
