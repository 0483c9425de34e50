/** What is told of our own refusals: shorter than their codes, and the same in every version. */
const REASONS: ReadonlyMap<unknown, string> = new Map([
  ['SPOA_GUARD_DENIED', 'guard'],
  ['SPOA_DEADLINE_EXCEEDED', 'deadline'],
]);

/** A code and not a text: what somebody has thrown may hold what a client has sent. */
const CODE = /^[A-Za-z0-9_.-]{1,64}$/;

/** What HAProxy is told of a failure: `guard`, `deadline`, the error's own code, or `error`. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'error';
  const { code } = error as { code?: unknown };
  return REASONS.get(code) ?? (typeof code === 'string' && CODE.test(code) ? code : 'error');
}
