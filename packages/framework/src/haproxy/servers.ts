import type { ListenAddress } from '@spoa/core';
import type { ServerDescription } from './description.ts';

/**
 * Where HAProxy on the same machine finds what listens there, such as one of `SpoaApplication.addresses`: a wildcard becomes
 * the loopback address.
 */
export function serverAt(address: ListenAddress): ServerDescription {
  if ('path' in address) return { path: address.path };
  const host = WILDCARDS.get(address.address) ?? address.address;
  return { host, port: address.port };
}

const WILDCARDS = new Map([
  ['0.0.0.0', '127.0.0.1'],
  ['::', '::1'],
]);
