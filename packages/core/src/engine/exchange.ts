import { SpoaError } from '../errors.ts';
import { FrameFlag, type FrameHeader } from '../wire/frame.ts';
import { encodeNotifyAbort } from '../wire/notify.ts';
import { Ack } from './ack.ts';
import { Deadlines } from './deadlines.ts';
import { Fifo } from './fifo.ts';
import { fault } from './frame-rules.ts';
import { InFlight } from './in-flight.ts';
import { NotifySender } from './notify-sender.ts';
import { atLeast, resolveTimeout } from './options.ts';
import type { Outbox } from './outbox.ts';
import type { NotifyIds, PendingNotify } from './pending-notify.ts';

/** What was agreed on. */
export interface ExchangeTerms {
  readonly maxFrameSize: number;
  readonly window: number;
  readonly fragments: boolean;
  readonly timeoutMs: number;
}

/** What an ACK was, where it was wrong: `final` says whether HAProxy would give the connection up. */
export interface AckFault {
  readonly error: SpoaError;
  readonly final: boolean;
}

/** The NOTIFYs of one connection, from the call to the ACK: the queue, the window, the time-outs. */
export class Exchange {
  lateAcks = 0;
  duplicateAcks = 0;
  /** NOTIFYs that wait for room in the window. */
  queued = 0;
  readonly #outbox: Outbox;
  readonly #terms: ExchangeTerms;
  readonly #queue = new Fifo<PendingNotify>();
  readonly #inFlight = new InFlight();
  readonly #sender: NotifySender;
  readonly #deadlines: Deadlines<PendingNotify>;
  #window: number;
  #stopped = false;

  constructor(outbox: Outbox, terms: ExchangeTerms) {
    this.#outbox = outbox;
    this.#terms = terms;
    this.#window = terms.window;
    this.#sender = new NotifySender(outbox, terms.maxFrameSize, terms.fragments);
    this.#deadlines = new Deadlines((notify, timeoutMs) => this.#giveUp(notify, timedOut(notify, timeoutMs)));
  }

  get inFlight(): number {
    return this.#inFlight.size;
  }

  get window(): number {
    return this.#window;
  }

  notify(notify: PendingNotify): void {
    this.#watch(notify);
    this.#queue.push(notify);
    this.queued++;
    this.pump();
  }

  /** Waits for the ACK of what somebody else sends. */
  expect(notify: PendingNotify, streamId: number): void {
    const refusal = this.#inUse(notify, streamId);
    if (refusal !== undefined) throw refusal;
    this.#watch(notify);
    notify.streamId = streamId;
    notify.frames = 1;
    this.#inFlight.add(notify, streamId);
  }

  #watch(notify: PendingNotify): void {
    const { signal, timeoutMs, streamId = 0 } = notify.options;
    atLeast(0, 'streamId', streamId);
    atLeast(0, 'frameId', notify.frameId);
    const limit = timeoutMs === undefined ? this.#terms.timeoutMs : resolveTimeout('timeoutMs', timeoutMs);
    signal?.throwIfAborted();
    this.#deadlines.add(notify, limit);
    notify.onAbort((reason) => this.#giveUp(notify, reason));
  }

  /** From now on one NOTIFY at a time is sent; what is in flight stays so. */
  narrow(): void {
    this.#window = 1;
  }

  /** Sends what the window and the connection have room for. */
  pump(): void {
    while (!this.#stopped && this.#sender.advance() && this.#inFlight.size < this.#window) {
      const notify = this.#queue.shift();
      if (notify === undefined) return;
      if (notify.settled) continue;
      this.queued--;
      const streamId = notify.streamId ?? this.#inFlight.nextStreamId();
      const refusal = this.#inUse(notify, streamId) ?? this.#sender.refusal(notify, streamId);
      if (refusal === undefined) {
        this.#inFlight.add(notify, streamId);
        this.#sender.begin(notify, streamId);
      } else notify.reject(refusal);
    }
  }

  #inUse({ frameId }: PendingNotify, streamId: number): SpoaError | undefined {
    if (this.#inFlight.get(streamId, frameId) === undefined) return undefined;
    return new SpoaError('SPOA_FRAME_INVALID', 'a NOTIFY with these ids is in flight', {
      facts: { streamId, frameId },
    });
  }

  /** Takes an ACK; what is wrong with it comes back. */
  ack(header: FrameHeader, payload: Buffer): AckFault | undefined {
    const { streamId, frameId } = header;
    const notify = this.#inFlight.get(streamId, frameId);
    if (notify === undefined) return this.#unawaited(header);
    if (this.#sender.holds(notify)) {
      if ((header.flags & FrameFlag.ABORT) === 0) {
        const error = fault('SPOA_FRAME_UNEXPECTED', header, 'an ACK before the last fragment was sent');
        return { error, final: true };
      }
      this.#sender.drop(notify);
    }
    this.#inFlight.answered(streamId, frameId);
    const unreadable = settle(notify, header, payload);
    this.pump();
    return unreadable;
  }

  #unawaited(header: FrameHeader): AckFault | undefined {
    const what = this.#inFlight.judge(header.streamId, header.frameId);
    if (what === 'late') this.lateAcks++;
    else if (what === 'duplicate') this.duplicateAcks++;
    else return { error: fault('SPOA_FRAME_INVALID', header, 'an ACK with ids that were never sent'), final: true };
    return undefined;
  }

  /** The answer is no longer waited for; it may still come. */
  #giveUp(notify: PendingNotify, reason: unknown): void {
    if (notify.settled) return;
    if (notify.sent) {
      const ids = { streamId: notify.streamId as number, frameId: notify.frameId };
      this.#inFlight.forget(ids.streamId, ids.frameId);
      if (this.#sender.drop(notify)) this.#sendAbort(ids);
    } else this.queued--;
    notify.reject(reason);
    this.pump();
  }

  abort({ streamId, frameId = 1 }: NotifyIds): void {
    const notify = this.#inFlight.get(streamId, frameId);
    if (notify === undefined || !this.#sender.holds(notify)) this.#sendAbort({ streamId, frameId });
    if (notify !== undefined) this.#giveUp(notify, new DOMException('the NOTIFY was aborted', 'AbortError'));
  }

  #sendAbort(ids: { streamId: number; frameId: number }): void {
    this.#outbox.frames.raw(encodeNotifyAbort(ids));
    this.#outbox.due();
  }

  /** Sends nothing more: what is queued is rejected, what is in flight may still be answered. */
  stopSending(reason: (notify: PendingNotify) => SpoaError): void {
    this.#stopped = true;
    for (let notify = this.#queue.shift(); notify !== undefined; notify = this.#queue.shift()) {
      if (!notify.settled) notify.reject(reason(notify));
    }
    this.queued = 0;
  }

  /** The end: nothing is answered any more. */
  stop(reason: (notify: PendingNotify) => SpoaError): void {
    this.#deadlines.clear();
    this.stopSending(reason);
    for (const notify of this.#inFlight.takeAll()) notify.reject(reason(notify));
  }
}

/** Settles a NOTIFY by its ACK. HAProxy stops at an action that it cannot read, without a word, and the connection lives on. */
function settle(notify: PendingNotify, header: FrameHeader, payload: Buffer): AckFault | undefined {
  let ack: Ack;
  try {
    ack = new Ack(header, payload);
  } catch (cause) {
    const { code, message } = cause as SpoaError;
    const error = fault(code, header, `an ACK whose actions cannot be read: ${message}`, cause);
    notify.reject(error);
    return { error, final: false };
  }
  notify.resolve(ack);
  return undefined;
}

function timedOut({ streamId, frameId }: PendingNotify, timeoutMs: number): SpoaError {
  return new SpoaError('SPOA_TIMEOUT', `no ACK within ${timeoutMs} ms`, { facts: { streamId, frameId, timeoutMs } });
}
