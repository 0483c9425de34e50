import { SpoaError } from '../errors.ts';
import { type Scope, writeSetVar, writeUnsetVar } from '../wire/ack.ts';
import { MessageList } from '../wire/message.ts';
import { MessageIndex } from '../wire/message-index.ts';
import { Reader } from '../wire/reader.ts';
import type { WritableValue } from '../wire/typed-data.ts';
import { Writer } from '../wire/writer.ts';
import type { Peer } from './peer.ts';

/** What a NOTIFY knows of the connection that it came on. */
export interface NotifySource {
  /** HAProxy's engine-id: one for each thread up to 3.0, one for each filter from 3.1 on; `undefined` where none was sent. */
  readonly engineId: string | undefined;
  readonly peer: Peer;
}

/** Answers one NOTIFY. What it returns or resolves to does not matter; a pending promise holds the ACK back. */
export type Handler = (notify: NotifyContext) => unknown;

/**
 * One NOTIFY: the messages to read and the variables to set. Its ACK leaves when the handler has returned, or when the
 * promise that it returned is settled; after that every use throws `SPOA_NOTIFY_SETTLED`.
 */
export class NotifyContext {
  readonly streamId: number;
  readonly frameId: number;
  /** Where the messages stand: for compiled routes. The bytes are valid until the handler has returned its promise. */
  readonly #source: NotifySource;
  #index: MessageIndex;
  #writer: Writer;
  /** Where the ACK frame begins in the writer. */
  readonly #start: number;
  #payloadStart: number;
  #payloadEnd: number;
  #settled = false;
  #abort: AbortController | undefined;
  #messages: MessageList | undefined;
}
