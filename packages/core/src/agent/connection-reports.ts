import type { SpoaError, SpoaErrorCode } from '../errors.ts';
import type { Logger } from '../logger.ts';
import { StatusCode } from '../wire/status-code.ts';
import type { Agent } from './agent.ts';
import {
  connectionDisconnect,
  connectionHello,
  connectionRejected,
  notifyFailed,
  notifyRejected,
} from './diagnostics.ts';
import type { Agreement } from './handshake.ts';
import type { NotifyConnection, NotifyContext } from './notify-context.ts';

/** What is told of one connection, to the log and to the diagnostics channels. */
export class ConnectionReports {
  readonly #agent: Agent;
  readonly #connection: NotifyConnection;
  readonly #logger: Logger;
  /** A malformed NOTIFY was logged. */
  #malformed = false;

  constructor(agent: Agent, connection: NotifyConnection, logger: Logger) {
    this.#agent = agent;
    this.#connection = connection;
    this.#logger = logger;
  }

  /** HAPROXY-HELLO is answered. */
  agreed({ healthcheck, maxFrameSize, engineId, hello: { capabilities } }: Agreement): void {
    if (connectionHello.hasSubscribers) {
      connectionHello.publish({ ...this.#subject, healthcheck, maxFrameSize, capabilities });
    }
    const { peer } = this.#connection;
    if (healthcheck) this.#logger.debug({ peer }, 'health check answered');
    else this.#logger.debug({ peer, engineId, maxFrameSize, capabilities }, 'connection open');
  }

  /** A NOTIFY that cannot be read is answered empty. */
  malformed({ streamId, frameId }: NotifyContext, error: SpoaError): void {
    this.#rejected(streamId, frameId, error);
    const facts = { peer: this.#connection.peer, streamId, frameId, code: error.code, ...error.facts };
    // A peer can send very many of them.
    if (this.#malformed) this.#logger.debug(facts, `malformed NOTIFY: ${error.message}`);
    else this.#logger.warn(facts, `malformed NOTIFY, answered empty (said once a connection): ${error.message}`);
    this.#malformed = true;
  }

  /** A fragmented NOTIFY is answered with ABORT. */
  refused(streamId: number, frameId: number, error: SpoaError): void {
    this.#rejected(streamId, frameId, error);
    this.#logger.warn({ peer: this.#connection.peer, streamId, frameId, ...error.facts }, error.message);
  }

  handlerFailed(notify: NotifyContext, error: unknown): void {
    if (notifyFailed.hasSubscribers) notifyFailed.publish({ ...this.#subject, notify, error });
    const { streamId, frameId } = notify;
    const { peer } = this.#connection;
    this.#logger.error({ peer, streamId, frameId, err: error }, 'NOTIFY failed: its ACK is empty');
  }

  /** HAProxy has said goodbye. */
  disconnected(status: number, message: string): void {
    if (connectionDisconnect.hasSubscribers) connectionDisconnect.publish({ ...this.#subject, status, message });
    const { peer, engineId } = this.#connection;
    const facts = { peer, engineId, status, reason: message };
    if (status === StatusCode.NORMAL || status === StatusCode.TIMEOUT) this.#logger.debug(facts, 'HAProxy disconnects');
    else this.#logger.warn(facts, 'HAProxy disconnects because of an error');
  }

  /** The peer broke the rules, or was silent for too long. */
  rejected(error: SpoaError): void {
    const { code, status, facts, message } = error;
    this.#tellRejected(code, error);
    this.#logger.warn({ peer: this.#connection.peer, code, status, ...facts }, `${message}: closed`);
  }

  /** The peer is somebody else than HAProxy. @param error how that was found */
  stranger(protocol: string, error: unknown): void {
    const code = 'SPOA_NOT_SPOP';
    this.#tellRejected(code, error);
    this.#logger.warn({ peer: this.#connection.peer, code }, `the peer speaks ${protocol} instead of SPOP: closed`);
  }

  agentFailed(error: unknown): void {
    this.#tellRejected(undefined, error);
    this.#logger.error({ peer: this.#connection.peer, err: error }, 'the agent itself failed: connection closed');
  }

  lost({ code, message }: NodeJS.ErrnoException): void {
    this.#logger.debug({ peer: this.#connection.peer, reason: code ?? message }, 'connection lost');
  }

  /** What all events of a connection say. */
  get #subject(): { agent: Agent; connection: NotifyConnection } {
    return { agent: this.#agent, connection: this.#connection };
  }

  #rejected(streamId: number, frameId: number, error: SpoaError): void {
    if (notifyRejected.hasSubscribers) notifyRejected.publish({ ...this.#subject, streamId, frameId, error });
  }

  #tellRejected(code: SpoaErrorCode | undefined, error: unknown): void {
    if (connectionRejected.hasSubscribers) connectionRejected.publish({ ...this.#subject, code, error });
  }
}
