import type { Origin } from './origin.ts';

/** One value as a source gives it: text from variables and flags, anything from a file. */
export interface GivenValue {
  readonly path: readonly string[];
  readonly value: unknown;
  readonly origin: Origin;
  /** Of a list: where each thing inside stands, by its path from here, joined by dots. */
  readonly inside?: ReadonlyMap<string, Origin>;
}

type Branch = Map<string, Branch | GivenValue>;

/** What all sources together give, as a tree of keys: what is put in later wins. */
export class GivenValues {
  readonly #root: Branch = new Map();

  /** A value in the place of a section takes its place, and a section that of a value. */
  put(given: GivenValue): void {
    let branch = this.#root;
    for (const key of given.path.slice(0, -1)) {
      let next = branch.get(key);
      if (!(next instanceof Map)) {
        next = new Map();
        branch.set(key, next);
      }
      branch = next;
    }
    branch.set(given.path.at(-1) as string, given);
  }

  /** What the schema is given. Its objects have no prototype: any key is one as any other. */
  toInput(): Record<string, unknown> {
    return objectOf(this.#root);
  }

  /** Where the value at a path came from; `undefined` where there is none, or a section of several. */
  originAt(path: readonly string[]): Origin | undefined {
    const found = this.#find(path);
    if (found === undefined) return undefined;
    const { given, rest } = found;
    return given.inside?.get(rest.join('.')) ?? given.origin;
  }

  /** The value that was given at a path, also inside a list. */
  valueAt(path: readonly string[]): unknown {
    const found = this.#find(path);
    return found?.rest.reduce<unknown>(
      (value, key) =>
        typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined,
      found.given.value,
    );
  }

  has(path: readonly string[]): boolean {
    let at: Branch | GivenValue | undefined = this.#root;
    for (const key of path) {
      if (!(at instanceof Map)) return at !== undefined;
      at = at.get(key);
    }
    return at !== undefined;
  }

  /** The keys of the first level, each with all that is given there. */
  *topLevel(): IterableIterator<[key: string, values: readonly GivenValue[]]> {
    for (const [key, at] of this.#root) yield [key, valuesIn(at)];
  }

  #find(path: readonly string[]): { given: GivenValue; rest: readonly string[] } | undefined {
    let at: Branch | GivenValue | undefined = this.#root;
    for (const [i, key] of path.entries()) {
      if (!(at instanceof Map)) return at && { given: at, rest: path.slice(i) };
      at = at.get(key);
    }
    return at === undefined || at instanceof Map ? undefined : { given: at, rest: [] };
  }
}

function objectOf(branch: Branch): Record<string, unknown> {
  const object = Object.create(null) as Record<string, unknown>;
  for (const [key, at] of branch) object[key] = at instanceof Map ? objectOf(at) : at.value;
  return object;
}

function valuesIn(at: Branch | GivenValue): GivenValue[] {
  return at instanceof Map ? [...at.values()].flatMap(valuesIn) : [at];
}
