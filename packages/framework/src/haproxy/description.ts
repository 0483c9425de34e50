import type { Scope } from '@spoa/core';
import type { ArgumentTypeName } from '../arguments/argument-type.ts';
import type { SpoeEvent } from '../decorators/spoe-message.ts';

/** An argument that a handler reads. */
export interface ArgumentDescription {
  /** Its name, or its position (from 0) where it has none. */
  readonly name: string | number;
  /** The sample expression that fills it, such as `src`. */
  readonly sample?: string;
  /** What the handler takes it as. */
  readonly type?: ArgumentTypeName;
  /** Whether the handler does without it. @default false */
  readonly optional?: boolean;
}

/** A variable that a handler sets: without the scope and the prefix that HAProxy's rules put before it. */
export interface VariableDescription {
  readonly scope: Scope;
  readonly name: string;
}

/** One message and what its handler does with it. */
export interface MessageDescription {
  readonly name: string;
  /** The handler, for findings: `IpController`. */
  readonly handler?: string;
  /** When HAProxy sends it. Without one it is sent by a rule, as a group of its own. */
  readonly event?: SpoeEvent;
  /** In HAProxy's words, such as `{ path_beg /api }`. */
  readonly condition?: string;
  readonly arguments: readonly ArgumentDescription[];
  /** Whether the handler may read arguments that are not listed: it takes the whole message. @default false */
  readonly takesAll?: boolean;
  readonly variables: readonly VariableDescription[];
  /** Whether the handler may set variables that are not listed: it returns them by scope, for example. @default false */
  readonly open?: boolean;
  /** When the ACK leaves at the latest, in milliseconds. */
  readonly deadlineMs?: number;
}

/** How HAProxy's connection to a server is encrypted. */
export interface ServerTls {
  /** The file of the certificates to trust, for HAProxy. @default what HAProxy's `ca-base` or defaults say */
  readonly caFile?: string;
  /** The name that the server's certificate must bear, sent as SNI too. @default not looked at */
  readonly serverName?: string;
  /** The file of HAProxy's own certificate and key, where the agent asks for one. */
  readonly certificateFile?: string;
  /** `false` takes any certificate. @default true */
  readonly verify?: boolean;
}

/** One worker of the agent as HAProxy reaches it: a TCP address or a unix socket. */
export type ServerDescription = (
  | { readonly host: string; readonly port: number }
  | { readonly path: string; readonly port?: never }
) & {
  /** @default `agent1`, `agent2`, ... */
  readonly name?: string;
  readonly tls?: ServerTls;
};

/** An agent as HAProxy's configuration sees it: plain data. */
export interface AgentDescription {
  /** The engine of the `filter` line, the scope in the spoe file and the name of the agent section. */
  readonly engine: string;
  readonly messages: readonly MessageDescription[];
  /** One for each worker. Only {@link generate} needs them. */
  readonly servers?: readonly ServerDescription[];
  /** What HAProxy puts before the variables' names. @default the engine with `_` for what no variable can have */
  readonly variablePrefix?: string;
  /** The largest frame that the agent takes, in bytes. @default 1048576, as of `SpoaApplication` */
  readonly maxFrameSize?: number;
  readonly timeouts?: TimeoutDescription;
}

/** In milliseconds. */
export interface TimeoutDescription {
  /** How long a request waits for the answer at most. @default the longest deadline and 50 more, or 500 without any */
  readonly processingMs?: number;
  /** How long a connection to the agent may take. @default 1000 */
  readonly connectMs?: number;
  /** How long a connection to the agent is kept without use, up to 3.0; a tenth of it for its HELLO. @default 30000 */
  readonly idleMs?: number;
}

/** What HAProxy's configuration calls the scopes. */
export const SCOPE_WORDS = {
  process: 'proc',
  session: 'sess',
  transaction: 'txn',
  request: 'req',
  response: 'res',
} as const satisfies Record<Scope, string>;

/** Bytes of a variable's full name, as HAProxy holds it. */
export const MAX_VARIABLE_NAME = 63;

/** The agent's own limit where it does not say otherwise. */
export const DEFAULT_MAX_FRAME_SIZE = 1024 * 1024;

export function prefixOf({ engine, variablePrefix }: AgentDescription): string {
  return variablePrefix ?? engine.replaceAll(/[^A-Za-z0-9_.]/g, '_');
}

/** `sess.iprep.ip_score` */
export function fullName(prefix: string, { scope, name }: VariableDescription): string {
  return `${SCOPE_WORDS[scope]}.${prefix}.${name}`;
}

/** The longest that a handler takes, in milliseconds; `undefined` where none has a deadline. */
export function longestDeadline(messages: readonly MessageDescription[]): number | undefined {
  const deadlines = messages.flatMap(({ deadlineMs }) => deadlineMs ?? []);
  return deadlines.length === 0 ? undefined : Math.max(...deadlines);
}

/** Between the agent's deadline and the end of HAProxy's patience: for the way there and back, in milliseconds. */
const PROCESSING_MARGIN_MS = 50;
const DEFAULT_PROCESSING_MS = 500;

/** How long HAProxy waits for an ACK, in milliseconds. */
export function processingTimeout({ messages, timeouts }: AgentDescription): number {
  const deadline = longestDeadline(messages);
  return timeouts?.processingMs ?? (deadline === undefined ? DEFAULT_PROCESSING_MS : deadline + PROCESSING_MARGIN_MS);
}
