import { inspect } from 'node:util';
import type { Origin } from './origin.ts';
import { type IsSecret, isPlainObject, masked } from './secrets.ts';

/** What has no keys of its own. */
type Leaf =
  | (string | number | bigint | boolean | symbol | null | undefined)
  | ((...args: never[]) => unknown)
  | (Date | RegExp | URL | Uint8Array)
  | (readonly unknown[] | ReadonlyMap<unknown, unknown> | ReadonlySet<unknown>);

/** The keys of a configuration, parts divided by dots: `'database' | 'database.url'`. */
export type ConfigKey<T> = T extends Leaf
  ? never
  : { [Key in keyof T & string]: Key | `${Key}.${ConfigKey<NonNullable<T[Key]>>}` }[keyof T & string];

/** What stands at a key; `undefined` too where something above it may be absent. */
export type ConfigValue<T, Key extends string> = Key extends `${infer Head}.${infer Rest}`
  ? Head extends keyof T
    ? ConfigValue<NonNullable<T[Head]>, Rest> | (T[Head] extends NonNullable<T[Head]> ? never : undefined)
    : never
  : Key extends keyof T
    ? T[Key]
    : never;

/**
 * The configuration: checked, and complete with what the schema adds. Logged, printed or written as JSON it shows no secrets.
 *
 * @example
 * constructor(private readonly config: ConfigService<Settings>) {}
 * connect() { return connect(this.config.get('database.url')); }
 */
export class ConfigService<T> {
  /** What the schema made of it all. */
  readonly value: T;
  /** Where each value came from, by its key: `database.url`. */
  readonly origins: ReadonlyMap<string, Origin>;
  readonly #isSecret: IsSecret;

  /** Made by `loadConfig`; tests may make one of their own: `new ConfigService(value)`. */
  constructor(value: T, origins: ReadonlyMap<string, Origin> = new Map(), isSecret: IsSecret = () => true) {
    this.value = value;
    this.origins = origins;
    this.#isSecret = isSecret;
  }

  /** What stands at a key: `get('database.url')`. */
  get<const Key extends ConfigKey<T>>(key: Key): ConfigValue<T, Key> {
    let at: unknown = this.value;
    for (const part of key.split('.')) {
      at =
        typeof at === 'object' && at !== null && Object.hasOwn(at, part)
          ? (at as Record<string, unknown>)[part]
          : undefined;
    }
    return at as ConfigValue<T, Key>;
  }

  /** The values with the secret ones masked. */
  toJSON(): unknown {
    return masked(this.value, this.#isSecret);
  }

  [inspect.custom](): string {
    return `ConfigService ${inspect(this.toJSON())}`;
  }
}

/** Every path of a value that ends in something that is no section of others. */
export function* leavesOf(value: unknown, path: readonly string[] = []): IterableIterator<readonly string[]> {
  if (!isPlainObject(value) || Object.keys(value).length === 0) {
    if (path.length > 0) yield path;
    return;
  }
  for (const [key, item] of Object.entries(value)) yield* leavesOf(item, [...path, key]);
}
