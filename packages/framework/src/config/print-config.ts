import type { ConfigService } from './config-service.ts';
import { describeOrigin, type Origin } from './origin.ts';
import { isPlainObject } from './secrets.ts';

/** What is printed of a configuration: the masked values, and where they came from. */
type Printable = Pick<ConfigService<unknown>, 'toJSON' | 'origins'>;

/**
 * The configuration as YAML, each value with where it came from, and the secret ones masked:
 *
 *     port: 9000 # PORT
 *     database:
 *       url: "postgres://app:***@db/app" # config.yaml:4
 */
export function printConfig(config: Printable): string {
  const value = config.toJSON();
  return isSection(value) ? [...linesOf(value, config.origins, [])].join('') : `${JSON.stringify(value)}\n`;
}

function* linesOf(
  section: Record<string, unknown>,
  origins: ReadonlyMap<string, Origin>,
  above: readonly string[],
): IterableIterator<string> {
  for (const [key, value] of Object.entries(section)) {
    if (value === undefined) continue;
    const path = [...above, key];
    const name = '  '.repeat(above.length) + (/^[A-Za-z_][\w-]*$/.test(key) ? key : JSON.stringify(key));
    if (isSection(value)) {
      yield `${name}:\n`;
      yield* linesOf(value, origins, path);
      continue;
    }
    const origin = origins.get(path.join('.'));
    // JSON is YAML, and tells text from numbers.
    yield `${name}: ${JSON.stringify(value)}${origin === undefined ? '' : ` # ${describeOrigin(origin)}`}\n`;
  }
}

function isSection(value: unknown): value is Record<string, unknown> {
  return isPlainObject(value) && Object.keys(value).length > 0;
}
