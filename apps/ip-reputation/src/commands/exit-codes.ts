/** What a command tells its caller; documented in `--help` and README.md. */
export const EXIT = {
  ok: 0,
  /** Nothing was done, or not all of it: the message says why. */
  failure: 1,
  /** The command line is wrong. */
  usage: 2,
  /** `import`: done, but some lines were bad and left out. */
  badLines: 3,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The command line asks for something that makes no sense. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
