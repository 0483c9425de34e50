import { NotifyContext } from '@spoa/core';
import { ProviderNode } from '../di/provider-node.ts';
import { ModuleNode } from './module-node.ts';

/** What every application provides by itself: visible everywhere, as of a global module. */
export const BUILT_IN = new ModuleNode(undefined, true);

/** The NOTIFY that an instance is made for: what asks for it is made for each NOTIFY. It comes with the NOTIFY and is never made. */
export const NOTIFY = new ProviderNode(
  { provide: NotifyContext, scope: 'message', useFactory: () => undefined },
  BUILT_IN,
);

BUILT_IN.providers.set(NotifyContext, NOTIFY);
BUILT_IN.exports.add(NotifyContext);
