import { injectable } from 'tsyringe';
import type { Class } from '../class.ts';
import { MetadataKey } from '../metadata.ts';
import type { FailurePolicy } from '../pipeline/failure-policy.ts';

/** HAProxy's events, as a `spoe-message` section names them. */
export type SpoeEvent =
  | 'on-client-session'
  | 'on-server-session'
  | 'on-frontend-tcp-request'
  | 'on-backend-tcp-request'
  | 'on-tcp-response'
  | 'on-frontend-http-request'
  | 'on-backend-http-request'
  | 'on-http-response';

export interface SpoeMessageOptions extends FailurePolicy {
  /** When HAProxy sends the message, for the configuration on its side. */
  event?: SpoeEvent;
  /** The condition for the event, such as `{ path_beg /api }`. */
  if?: string;
  /**
   * The result class of `handle`, for HAProxy's side: needed only where the compiler does not tell it, as for a promise or a
   * union.
   */
  returns?: Class;
}

export interface SpoeMessageMetadata extends SpoeMessageOptions {
  readonly name: string;
}

const MESSAGE = new MetadataKey<SpoeMessageMetadata>('message');

/** What `@SpoeMessage` says of a controller; `undefined` where it does not stand on this very class. */
export function spoeMessageOf(controller: Class): SpoeMessageMetadata | undefined {
  return MESSAGE.ownOfClass(controller);
}

/**
 * Makes a class the handler of one SPOE message: its `handle` method answers it.
 *
 * @param name as in HAProxy's `spoe-message` section: letters, digits and `. : _ -`
 */
export function SpoeMessage(name: string, options: SpoeMessageOptions = {}) {
  return <T extends Class>(target: T): void => {
    MESSAGE.setOnClass(target, { name, ...options });
    injectable()(target);
  };
}
