/** What to do where the start met something that is not as the program wants it, by the code of the error. */
const REMEDIES: Readonly<Record<string, string>> = {
  SPOA_CONFIG_INVALID: 'correct each value where it says that it came from',
  ECONNREFUSED: 'nothing listens there: start it, or correct the address',
  ENOTFOUND: 'nobody knows that host: correct its name',
  EAI_AGAIN: 'the name service does not answer: see whether this machine reaches it',
  ETIMEDOUT: 'nobody answers there: correct the address, or see what lies between',
  EADDRINUSE: 'something else listens there: stop it, or choose another address',
  EACCES: 'this process may not: give it the right to, or name another place',
  EPERM: 'this process may not: give it the right to, or name another place',
  ENOENT: 'it is not there: make it, or name another place',
  ERR_MODULE_NOT_FOUND: 'add the package to the dependencies, and install it',
};

/** What to do about what a constructor, a factory or a hook has thrown. */
export function remedyFor(cause: unknown): string {
  for (let error = cause; error instanceof Error; error = error.cause) {
    const code = 'code' in error ? String(error.code) : '';
    if (Object.hasOwn(REMEDIES, code)) return REMEDIES[code] as string;
  }
  return 'mend what it tells of: its cause has the place where it was thrown';
}

/** What was thrown, in words. Some of Node.js, such as that of an address tried in vain by IPv4 and IPv6, have a code alone. */
export function describeCause(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  return cause.message || ('code' in cause ? String(cause.code) : cause.name);
}
