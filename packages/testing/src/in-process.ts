import * as stream from 'node:stream';
import {
  type Action,
  connectEngine,
  type Engine,
  type EngineOptions,
  type Scope,
  type Value,
  type WritableValue,
} from '@spoa/core';

/** An agent or an application: whatever serves a connection. */
export interface Served {
  handleConnection(duplex: stream.Duplex): void;
}

/** In Node since 20.17; the type declarations for Node 20 lack it. */
const { duplexPair } = stream as unknown as { duplexPair(): [stream.Duplex, stream.Duplex] };

/**
 * Connects HAProxy's side to an agent or application in the same process, without a socket: every byte goes through the same
 * codec and connection as in service.
 */
export async function connectInProcess(served: Served, options?: EngineOptions): Promise<Engine> {
  return (await openInProcess(served, options)).engine;
}

/** Both ends of a connection within one process. */
export interface ConnectedInProcess {
  readonly engine: Engine;
  readonly agentEnd: stream.Duplex;
}

export async function openInProcess(served: Served, options?: EngineOptions): Promise<ConnectedInProcess> {
  const [agentEnd, engineEnd] = duplexPair();
  served.handleConnection(agentEnd);
  return { engine: await connectEngine({ duplex: engineEnd }, options), agentEnd };
}

/** Arguments by name, or in order where some have no name or one name twice. */
export type DispatchArguments = Readonly<Record<string, WritableValue>> | readonly (readonly [string, WritableValue])[];

/** What a message set: variables by scope and name. An unset variable is `null`. Without prototypes, so that it prints well. */
export type Variables = { readonly [scope in Scope]?: Readonly<Record<string, Value>> };

/**
 * Sends one message to an agent or application in process and returns the variables that its ACK sets, the last action on a
 * variable counting.
 *
 * @example
 * expect(await dispatch(app, 'get-ip-reputation', { ip: ipv4('192.0.2.1') })).toEqual({ session: { ip_score: 0 } });
 * @throws SPOA_TIMEOUT, SPOA_DISCONNECTED, and what an argument that cannot be encoded throws
 */
export async function dispatch(served: Served, message: string, args: DispatchArguments = {}): Promise<Variables> {
  await using engine = await connectInProcess(served);
  const list = Array.isArray(args) ? (args as readonly (readonly [string, WritableValue])[]) : Object.entries(args);
  const { actions } = await engine.notify([{ name: message, args: list }]);
  await engine.disconnect();
  return variablesOf(actions);
}

/** The last action on a variable counts. */
export function variablesOf(actions: readonly Action[]): Variables {
  const variables: { [scope in Scope]?: Record<string, Value> } = Object.create(null) as object;
  for (const action of actions) {
    let scope = variables[action.scope];
    if (scope === undefined) {
      scope = Object.create(null) as Record<string, Value>;
      variables[action.scope] = scope;
    }
    scope[action.name] = action.type === 'set-var' ? action.value : null;
  }
  return variables;
}
