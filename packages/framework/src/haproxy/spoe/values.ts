const UNITS: Readonly<Record<string, number>> = {
  us: 0.001,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** A time as HAProxy reads it, in milliseconds: a number without a unit is milliseconds. `undefined` where it is none. */
export function parseTime(text: string): number | undefined {
  const match = /^(\d+)(us|ms|s|m|h|d)?$/.exec(text);
  return match === null ? undefined : Number(match[1]) * (UNITS[match[2] ?? 'ms'] as number);
}

const SIZES: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/** A size as HAProxy reads it, in bytes. `undefined` where it is none. */
export function parseSize(text: string): number | undefined {
  const match = /^(\d+)([kmg]?)$/i.exec(text);
  return match === null ? undefined : Number(match[1]) * (SIZES[(match[2] ?? '').toLowerCase()] as number);
}
