/** What JSON can hold. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

/** An object without a prototype: no name means more than another. */
export interface JsonObject {
  readonly [name: string]: Json | undefined;
}

const MAX_DEPTH = 64;

/**
 * Reads JSON from a stranger; `undefined` where it is none, or is nested more than 64 deep. `JSON.parse` quotes what it was
 * given in its errors, so none of them leaves here.
 */
export function parseJson(text: string): Json | undefined {
  try {
    const value = JSON.parse(text) as Json;
    return withoutPrototypes(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Level by level, not by recursion: the depth is the stranger's choice. `false` where it is too deep. */
function withoutPrototypes(value: Json): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    const below: unknown[] = [];
    for (const item of level) {
      if (typeof item !== 'object' || item === null) continue;
      if (depth === MAX_DEPTH) return false;
      if (!Array.isArray(item)) Object.setPrototypeOf(item, null);
      for (const child of Object.values(item)) below.push(child);
    }
    level = below;
  }
  return true;
}
