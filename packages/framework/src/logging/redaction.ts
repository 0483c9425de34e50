/** Keys whose values never reach a log, wherever one of them stands in the facts of a line, down to the third level. */
export const SECRET_KEYS = [
  'password',
  'passwd',
  'passphrase',
  'secret',
  'token',
  'accessToken',
  'refreshToken',
  'apiKey',
  'privateKey',
  'credentials',
  'authorization',
  'Authorization',
  'cookie',
  'Cookie',
  '["set-cookie"]',
  '["x-api-key"]',
] as const;

/** The paths of pino's `redact`. */
export const SECRET_PATHS: readonly string[] = SECRET_KEYS.flatMap((key) => {
  const last = key.startsWith('[') ? key : `.${key}`;
  return [key, `*${last}`, `*.*${last}`];
});
