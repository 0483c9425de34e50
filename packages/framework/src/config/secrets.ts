/** Names of keys whose values are nobody's business. Rather one too many than one too few. */
const SECRET_NAME = /password|passwd|passphrase|pwd|secret|token|credential|key/i;
/** `scheme://user:password@`, and `scheme://token@`: what is between the colon, or the slashes, and the last `@` of the authority. */
const URL_CREDENTIALS = /:\/\/(?:([^\s/?#@:]*):)?[^\s/?#]*@/g;
/** `?password=...` and the like. */
const URL_PARAMETER = /([?&][^\s?&#=]*(?:password|passwd|secret|token|credential|key)[^\s?&#=]*=)[^\s&#]*/gi;

export const MASK = '***';
const MAX_DEPTH = 32;

/** Says of a path whether what stands there is secret. */
export type IsSecret = (path: readonly string[]) => boolean;

/** @param secrets more secret keys, parts divided by dots: `database.dsn`; what is below them is secret too */
export function secretKeys(secrets: readonly string[]): IsSecret {
  return (path) => {
    const key = path.join('.');
    return (
      path.some((part) => SECRET_NAME.test(part)) ||
      secrets.some((secret) => key === secret || key.startsWith(`${secret}.`))
    );
  };
}

/** A text without the credentials of the URLs in it. */
export function maskText(text: string): string {
  return text
    .replace(URL_CREDENTIALS, (_, user?: string) => `://${user === undefined ? '' : `${user}:`}${MASK}@`)
    .replace(URL_PARAMETER, `$1${MASK}`);
}

/** A copy made of objects, lists, texts, numbers and booleans, for people and logs: nothing secret is in it. */
export function masked(value: unknown, isSecret: IsSecret, path: readonly string[] = []): unknown {
  if (value === null || value === undefined || typeof value === 'boolean' || value === '') return value;
  const inside = (item: unknown, key: unknown) => masked(item, isSecret, [...path, String(key)]);
  if (path.length < MAX_DEPTH) {
    if (Array.isArray(value) || value instanceof Set) return Array.from(value, inside);
    if (value instanceof Map) return Object.fromEntries(Array.from(value, ([key, item]) => [key, inside(item, key)]));
    if (isPlainObject(value)) {
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, inside(item, key)]));
    }
  }
  if (isSecret(path)) return MASK;
  switch (typeof value) {
    case 'string':
      return maskText(value);
    case 'number':
      return value;
    case 'bigint':
      return String(value);
    default:
      return describe(value);
  }
}

export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** What is shown of what a schema made: of a class that is not known, its name alone. */
function describe(value: object | symbol | unknown): string {
  if (value instanceof URL) return maskText(value.href);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'no date' : value.toISOString();
  if (value instanceof RegExp) return maskText(String(value));
  if (typeof value !== 'object' || value === null) return `[${typeof value}]`;
  return `[${value.constructor?.name ?? 'object'}]`;
}
