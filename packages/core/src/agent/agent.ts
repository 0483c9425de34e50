import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { SpoaError } from '../errors.ts';
import { type Logger, silentLogger } from '../logger.ts';
import { Connection } from './connection.ts';
import type { ConnectionHost } from './connection-host.ts';
import { type AgentCounts, CountTotals } from './counts.ts';
import {
  agentClosed,
  agentClosing,
  agentListening,
  connectionClose,
  connectionOpen,
  connectionRefused,
} from './diagnostics.ts';
import { type Limits, resolveLimits } from './limits.ts';
import { type ListenAddress, type Listener, type ListenerEvents, type ListenTarget, listen } from './listener.ts';
import type { Handler } from './notify-context.ts';
import { describePeer } from './peer.ts';

export interface AgentOptions extends Partial<Limits> {
  /** @default a logger that says nothing */
  logger?: Logger;
  /**
   * Whether HAProxy 3.1 and newer are offered pipelining, 20 NOTIFYs at a time on one connection, which suits ACKs up to 814
   * bytes (a twentieth of HAProxy's buffer). The first larger one turns it off by itself; `false` spares an agent that is
   * known to send such the turn.
   *
   * @default true
   */
  pipelining?: boolean;
}

export interface CloseOptions {
  /** How long connections are served on while they wait for a quiet moment. @default 5000 */
  timeoutMs?: number;
  /** How long a connection must have been silent, with nothing in flight, to count as quiet. @default 100 */
  quietMs?: number;
}

/** How often the clock is read, in milliseconds: the precision of all time-outs. */
const SWEEP_MS = 200;

/**
 * An agent (SPOA): takes HAProxy's connections and gives each NOTIFY to the handler.
 *
 * @example
 * const agent = createAgent((notify) => {
 *   const ip = notify.messages.get('get-ip-reputation')?.get('ip');
 *   if (ip !== undefined) notify.setVar('session', 'ip_score', 80);
 * });
 * await agent.listen({ port: 12345 });
 */
export class Agent implements AsyncDisposable {
  readonly #host: ConnectionHost & { now: number; pipelining: boolean };
  readonly #connections = new Set<Connection>();
  readonly #totals = new CountTotals();
  readonly #listeners: Listener[] = [];
  readonly #listenerEvents: ListenerEvents = {
    connection: (duplex, accepted) => this.#accept(duplex, accepted),
    fault: (error, socket) => this.#fault(error, socket),
  };
  #clockReadAt = performance.now();
  #sweeper: NodeJS.Timeout | undefined;
  #closing: Promise<void> | undefined;
  #quietMs = 0;
  #drained: (() => void) | undefined;

  /** @internal use `createAgent` */
  constructor(handler: Handler, options: AgentOptions = {}) {
    const { logger = silentLogger, pipelining = true, ...limits } = options;
    this.#host = {
      agent: this,
      handler,
      logger,
      limits: resolveLimits(limits),
      now: this.#clockReadAt,
      pipelining,
      stopPipelining: (connection) => this.#stopPipelining(connection),
      closed: (connection) => this.#closed(connection),
    };
  }

  /** Open connections. */
  get connections(): number {
    return this.#connections.size;
  }

  /** What it has done since it was made. Adds up all open connections, so ask now and then only. */
  get counts(): AgentCounts {
    return this.#totals.with(this.#connections);
  }

  /** Where the agent listens, or has listened before it was closed. */
  get addresses(): ListenAddress[] {
    return this.#listeners.map(({ address }) => address);
  }

  /**
   * Listens on one more address.
   *
   * @throws SPOA_LISTEN_FAILED, SPOA_AGENT_CLOSED
   */
  async listen(target: ListenTarget): Promise<ListenAddress> {
    this.#checkOpen();
    const listener = await listen(target, this.#listenerEvents, this.#host.limits.helloTimeoutMs);
    if (this.#closing !== undefined) await listener.close();
    this.#checkOpen();
    this.#listeners.push(listener);
    const { address } = listener;
    if (agentListening.hasSubscribers) agentListening.publish({ agent: this, address });
    return address;
  }

  /**
   * Serves one connection that somebody else made. It is closed with the agent.
   *
   * @throws SPOA_AGENT_CLOSED
   */
  handleConnection(duplex: Duplex): void {
    this.#checkOpen();
    this.#accept(duplex);
  }

  /**
   * Closes the way that disturbs HAProxy least: no new connections (health checks fail, so HAProxy looks elsewhere), what
   * comes on open ones is answered until each has a quiet moment, then AGENT-DISCONNECT and the end. HAProxy up to 3.0 leaves
   * a busy connection none: from half of `timeoutMs` on it ends right behind an ACK that leaves nothing unanswered. After
   * `timeoutMs` what is still in flight is answered without its handler. Calling it again waits for the same end.
   */
  close(options: CloseOptions = {}): Promise<void> {
    this.#closing ??= this.#close(options);
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #checkOpen(): void {
    if (this.#closing !== undefined) throw new SpoaError('SPOA_AGENT_CLOSED', 'the agent is closed');
  }

  #accept(duplex: Duplex, accepted = false): void {
    // Its end has passed already: nobody would ever hear of it.
    if (duplex.destroyed) return;
    const { limits, logger } = this.#host;
    if (this.#connections.size >= limits.maxConnections) {
      const { maxConnections } = limits;
      logger.warn({ code: 'SPOA_TOO_MANY_CONNECTIONS', maxConnections }, 'too many connections: one was refused');
      if (connectionRefused.hasSubscribers) {
        connectionRefused.publish({ agent: this, reason: 'limit', peer: describePeer(duplex) });
      }
      duplex.on('error', () => undefined);
      duplex.destroy();
      return;
    }
    if (this.#sweeper === undefined) {
      this.#readClock();
      this.#sweepEvery(SWEEP_MS);
    }
    // HAProxy waits for each small answer: Nagle's algorithm must not hold it back.
    if (duplex instanceof Socket) duplex.setNoDelay();
    const connection = new Connection(this.#host, duplex, accepted);
    this.#connections.add(connection);
    this.#totals.connections++;
    if (connectionOpen.hasSubscribers) connectionOpen.publish({ agent: this, connection });
    if (this.#closing !== undefined) connection.drain(0);
  }

  #stopPipelining(connection: Connection): void {
    connection.stopPipelining();
    if (!this.#host.pipelining) return;
    this.#host.pipelining = false;
    const why =
      'an ACK is too large for pipelining with HAProxy 3.1 and newer: from now on one NOTIFY at a time on each of their connections';
    this.#host.logger.info({ connections: this.#connections.size }, why);
    for (const connection of this.#connections) connection.stopPipelining();
  }

  #fault(error: NodeJS.ErrnoException, socket?: Duplex): void {
    const { logger } = this.#host;
    if (socket === undefined) {
      if (connectionRefused.hasSubscribers) connectionRefused.publish({ agent: this, reason: 'accept', error });
      return logger.error({ err: error }, 'a connection could not be accepted');
    }
    const facts = { peer: describePeer(socket), err: error };
    if (connectionRefused.hasSubscribers) {
      connectionRefused.publish({ agent: this, reason: 'tls', peer: facts.peer, error });
    }
    socket.destroy();
    if (error.code === 'ECONNRESET') logger.debug(facts, 'connection lost in the TLS handshake');
    else logger.warn(facts, 'TLS handshake failed: closed');
  }

  #closed(connection: Connection): void {
    this.#connections.delete(connection);
    this.#totals.closed(connection);
    if (connectionClose.hasSubscribers) connectionClose.publish({ agent: this, connection });
    if (this.#connections.size > 0) return;
    clearInterval(this.#sweeper);
    this.#sweeper = undefined;
    this.#drained?.();
  }

  #sweepEvery(intervalMs: number): void {
    clearInterval(this.#sweeper);
    this.#sweeper = setInterval(() => this.#sweep(), intervalMs);
    this.#sweeper.unref();
  }

  /** Time in which the event loop was blocked does not count: nobody could be heard meanwhile, so nobody was silent. */
  #readClock(): void {
    const now = performance.now();
    this.#host.now += Math.min(now - this.#clockReadAt, 2 * SWEEP_MS);
    this.#clockReadAt = now;
  }

  #sweep(): void {
    this.#readClock();
    for (const connection of this.#connections) connection.sweep(this.#quietMs);
  }

  async #close(options: CloseOptions): Promise<void> {
    if (agentClosing.hasSubscribers) agentClosing.publish({ agent: this });
    await this.#drain(options);
    if (agentClosed.hasSubscribers) agentClosed.publish({ agent: this });
  }

  async #drain({ timeoutMs = 5000, quietMs = 100 }: CloseOptions): Promise<void> {
    const intervalMs = Math.max(5, Math.min(SWEEP_MS, quietMs / 4));
    // The clock may stand still for one interval after a byte has come.
    this.#quietMs = quietMs + intervalMs;
    await Promise.all(this.#listeners.map((listener) => listener.close()));
    if (this.#connections.size === 0) return;
    const drained = new Promise<void>((resolve) => {
      this.#drained = resolve;
    });
    this.#readClock();
    for (const connection of this.#connections) connection.drain(SWEEP_MS);
    this.#sweepEvery(intervalMs);
    this.#sweeper?.ref();
    const lastCall = setTimeout(() => this.#lastCall(), timeoutMs / 2);
    const patience = setTimeout(() => this.#cut(), timeoutMs);
    await drained;
    clearTimeout(lastCall);
    clearTimeout(patience);
  }

  #lastCall(): void {
    for (const connection of this.#connections) connection.lastCall();
  }

  /** Ends all that is left: first with what the protocol wants, then, a moment later, without. */
  #cut(): void {
    this.#readClock();
    for (const connection of this.#connections) connection.cut();
  }
}

/**
 * Makes an agent from a function that answers one NOTIFY.
 *
 * @throws SPOA_VALUE_OUT_OF_RANGE for a limit out of its range
 */
export function createAgent(handler: Handler, options: AgentOptions = {}): Agent {
  return new Agent(handler, options);
}

/** Serves one connection, without listening anywhere. The agent that it returns ends it. */
export function handleConnection(duplex: Duplex, handler: Handler, options: AgentOptions = {}): Agent {
  const agent = createAgent(handler, options);
  agent.handleConnection(duplex);
  return agent;
}
