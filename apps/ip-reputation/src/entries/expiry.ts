const UNITS = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 } as const;

/**
 * Reads when something expires: a duration from now (`90s`, `30m`, `12h`, `7d`, `2w`), a date (`2026-12-31`, meaning
 * its first moment in UTC), a date with time (`2026-12-31T12:00:00Z`), or seconds since 1970. `undefined` when `text`
 * is none of these.
 *
 * @param now milliseconds since 1970
 */
export function parseExpiry(text: string, now = Date.now()): Date | undefined {
  const duration = /^(\d{1,9})([smhdw])$/.exec(text);
  if (duration !== null) {
    return new Date(now + Number(duration[1]) * UNITS[duration[2] as keyof typeof UNITS] * 1000);
  }
  if (/^\d{9,11}$/.test(text)) return new Date(Number(text) * 1000);
  if (!/^\d{4}-\d{2}-\d{2}/.test(text)) return undefined;
  // A time without a zone would be taken as local time: servers and their admins live in different ones.
  const hasTime = text.length > 10;
  const zoned = hasTime && !/(Z|[+-]\d{2}:?\d{2})$/i.test(text) ? `${text}Z` : text;
  const date = new Date(zoned.replace(' ', 'T'));
  return Number.isNaN(date.getTime()) ? undefined : date;
}
