import type { Logger } from '../logger.ts';
import type { Agent } from './agent.ts';
import type { Connection } from './connection.ts';
import type { Limits } from './limits.ts';
import type { Handler } from './notify-context.ts';

/** What all connections of an agent share. */
export interface ConnectionHost {
  readonly agent: Agent;
  readonly handler: Handler;
  readonly limits: Limits;
  readonly logger: Logger;
  /** A clock in milliseconds that is set now and then: time-outs need no better one, and frames must not ask for the time. */
  readonly now: number;
  /** Whether HAProxy 3.1 and newer are offered pipelining. */
  readonly pipelining: boolean;
  /** An ACK of `connection` is too large for pipelining with HAProxy 3.1 and newer: see `pacing.ts`. */
  stopPipelining(connection: Connection): void;
  /** Called once, when nothing is left of the connection. */
  closed(connection: Connection): void;
}
