import { channel } from 'node:diagnostics_channel';
import type { SpoaError, SpoaErrorCode } from '../errors.ts';
import type { Agent } from './agent.ts';
import type { ListenAddress } from './listener.ts';
import type { NotifyConnection, NotifyContext } from './notify-context.ts';
import type { Peer } from './peer.ts';

export interface AgentEvent {
  readonly agent: Agent;
}

export interface ListeningEvent extends AgentEvent {
  readonly address: ListenAddress;
}

export interface ConnectionRefusedEvent extends AgentEvent {
  /** `limit`: `maxConnections`; `tls`: its handshake; `accept`: the system could not accept it. */
  readonly reason: 'limit' | 'tls' | 'accept';
  /** Missing where the system could not accept the connection. */
  readonly peer?: Peer;
  /** Missing for `limit`. */
  readonly error?: NodeJS.ErrnoException;
}

export interface ConnectionEvent extends AgentEvent {
  readonly connection: NotifyConnection;
}

export interface ConnectionHelloEvent extends ConnectionEvent {
  /** Whether it was a health check, which ends with its answer. */
  readonly healthcheck: boolean;
  /** Agreed on, in bytes. */
  readonly maxFrameSize: number;
  /** What the agent answered. */
  readonly capabilities: readonly string[];
}

export interface ConnectionRejectedEvent extends ConnectionEvent {
  /** `undefined` where the agent itself failed. */
  readonly code: SpoaErrorCode | undefined;
  readonly error: unknown;
}

export interface ConnectionDisconnectEvent extends ConnectionEvent {
  /** The status code of HAPROXY-DISCONNECT, and its message. */
  readonly status: number;
  readonly message: string;
}

export interface NotifyRejectedEvent extends ConnectionEvent {
  readonly streamId: number;
  readonly frameId: number;
  readonly error: SpoaError;
}

export interface NotifyFailedEvent extends ConnectionEvent {
  readonly notify: NotifyContext;
  /** What the handler threw, or rejected with. */
  readonly error: unknown;
}

export interface NotifyAbandonedEvent extends ConnectionEvent {
  readonly notify: NotifyContext;
  /** Also the reason of `notify.signal`. */
  readonly reason: SpoaError;
}

/** What comes on each channel: see `docs/diagnostics-channels.md`. */
export interface DiagnosticEvents {
  'spoa:agent:listening': ListeningEvent;
  'spoa:agent:closing': AgentEvent;
  'spoa:agent:closed': AgentEvent;
  'spoa:connection:open': ConnectionEvent;
  'spoa:connection:refused': ConnectionRefusedEvent;
  'spoa:connection:hello': ConnectionHelloEvent;
  'spoa:connection:rejected': ConnectionRejectedEvent;
  'spoa:connection:disconnect': ConnectionDisconnectEvent;
  'spoa:connection:close': ConnectionEvent;
  'spoa:notify:start': NotifyContext;
  'spoa:notify:end': NotifyContext;
  'spoa:notify:rejected': NotifyRejectedEvent;
  'spoa:notify:failed': NotifyFailedEvent;
  'spoa:notify:abandoned': NotifyAbandonedEvent;
}

export type DiagnosticChannelName = keyof DiagnosticEvents;

/** A channel of `node:diagnostics_channel`. Events are made for those who have asked `hasSubscribers` only. */
interface DiagnosticChannel<Event> {
  readonly hasSubscribers: boolean;
  publish(event: Event): void;
}

function typed<Name extends DiagnosticChannelName>(name: Name): DiagnosticChannel<DiagnosticEvents[Name]> {
  return channel(name);
}

export const agentListening = typed('spoa:agent:listening');
export const agentClosing = typed('spoa:agent:closing');
export const agentClosed = typed('spoa:agent:closed');
export const connectionOpen = typed('spoa:connection:open');
export const connectionRefused = typed('spoa:connection:refused');
export const connectionHello = typed('spoa:connection:hello');
export const connectionRejected = typed('spoa:connection:rejected');
export const connectionDisconnect = typed('spoa:connection:disconnect');
export const connectionClose = typed('spoa:connection:close');
export const notifyStart = typed('spoa:notify:start');
export const notifyEnd = typed('spoa:notify:end');
export const notifyRejected = typed('spoa:notify:rejected');
export const notifyFailed = typed('spoa:notify:failed');
export const notifyAbandoned = typed('spoa:notify:abandoned');
