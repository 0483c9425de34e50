import { Document, type Node, YAMLMap } from 'yaml';
import type { ConfigService } from './config-service.ts';
import { describeOrigin } from './origin.ts';
import { isPlainObject } from './secrets.ts';

/** What is printed of a configuration: the masked values, and where they came from. */
type Printable = Pick<ConfigService<unknown>, 'toJSON' | 'origins'>;

/**
 * The configuration as YAML, each value with where it came from, and the secret ones masked:
 *
 *     port: 9000 # PORT
 *     database:
 *       url: postgres://app:***@db/app # config.yaml:4
 */
export function printConfig(config: Printable): string {
  const document = new Document();
  document.contents = nodeOf(document, config, config.toJSON(), []);
  return document.toString({ lineWidth: 0 });
}

function nodeOf(document: Document, config: Printable, value: unknown, path: readonly string[]): Node {
  if (isPlainObject(value) && Object.keys(value).length > 0) {
    const map = new YAMLMap<unknown, Node>(document.schema);
    for (const [key, item] of Object.entries(value)) {
      if (item !== undefined)
        map.add(document.createPair(key, nodeOf(document, config, item, [...path, key])) as never);
    }
    return map;
  }
  const node = document.createNode(value) as Node & { flow?: boolean };
  if (typeof value === 'object') node.flow = true;
  const origin = config.origins.get(path.join('.'));
  if (origin !== undefined) node.comment = ` ${describeOrigin(origin)}`;
  return node;
}
