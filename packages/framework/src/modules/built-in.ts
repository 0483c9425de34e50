import { NotifyContext } from '@spoa/core';
import type { Provider } from '../di/provider.ts';
import { ProviderNode } from '../di/provider-node.ts';
import { ModuleNode } from './module-node.ts';

/**
 * The token of the `NotifyConnection` that an instance is made for: `@Inject(CONNECTION)`. What asks for it is made for each
 * connection.
 */
export const CONNECTION: unique symbol = Symbol('CONNECTION');

/** What every application provides by itself: visible everywhere, as of a global module. */
export const BUILT_IN = new ModuleNode(undefined, true);

/** The NOTIFY that an instance is made for: what asks for it is made for each NOTIFY. */
export const NOTIFY = provide({ provide: NotifyContext, scope: 'message', useFactory: comesWithTheScope });

export const CONNECTION_NODE = provide({ provide: CONNECTION, scope: 'connection', useFactory: comesWithTheScope });

/** Never called. */
function comesWithTheScope(): undefined {}

function provide(provider: Provider): ProviderNode {
  const node = new ProviderNode(provider, BUILT_IN);
  BUILT_IN.providers.set(node.token, node);
  BUILT_IN.exports.add(node.token);
  return node;
}
