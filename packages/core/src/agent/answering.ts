import { SpoaError } from '../errors.ts';
import { beginFrame, endFrame, FrameFlag, FrameType } from '../wire/frame.ts';
import type { MessageIndex } from '../wire/message-index.ts';
import type { Reader } from '../wire/reader.ts';
import type { Writer } from '../wire/writer.ts';
import type { ConnectionReports } from './connection-reports.ts';
import { notifyEnd, notifyStart } from './diagnostics.ts';
import { InFlight } from './in-flight.ts';
import type { Inbox } from './inbox.ts';
import { type Handler, NotifyContext, type NotifySource } from './notify-context.ts';
import { indexPool } from './pools.ts';
import { isThenable } from './thenable.ts';

export interface AnsweringEvents {
  /** A handler that took its time is done; `settled` tells when the ACKs of this turn are to be written. */
  done(): void;
  /** All handlers that end in this turn have ended: call `inFlight.write`. */
  settled(): void;
}

/** Gives the NOTIFYs of one connection to the handler. */
export class Answering {
  /** Those whose handlers take their time. */
  readonly inFlight: InFlight;
  /** NOTIFYs that came whole, malformed ones included. */
  notifies = 0;
  readonly #source: NotifySource;
  readonly #handler: Handler;
  readonly #reports: ConnectionReports;
  /** When what is read now came, where somebody observes NOTIFYs; else 0, and nobody asks for the time. */
  #observedAt = 0;

  constructor(source: NotifySource, handler: Handler, reports: ConnectionReports, events: AnsweringEvents) {
    this.#source = source;
    this.#handler = handler;
    this.#reports = reports;
    this.inFlight = new InFlight({
      failed: (notify, error) => this.#failed(notify, error),
      done: () => events.done(),
      settled: () => events.settled(),
    });
  }

  /** A chunk came: the NOTIFYs in it follow. */
  begin(): void {
    this.#observedAt = notifyEnd.hasSubscribers || notifyStart.hasSubscribers ? performance.now() : 0;
  }

  /**
   * Answers a NOTIFY in `output`.
   *
   * @returns whether that is done; else its handler takes its time
   */
  answer(payload: Reader, streamId: number, frameId: number, output: Writer): boolean {
    this.notifies++;
    const payloadStart = payload.offset;
    const index = indexPool.take();
    const notify = new NotifyContext(this.#source, index, output, streamId, frameId);
    const result = this.#isSound(notify, index, payload) ? this.#handle(notify) : undefined;
    if (result !== undefined) return this.#wait(notify, result, payloadStart, payload.end);
    notify.settle();
    return true;
  }

  #wait(notify: NotifyContext, result: PromiseLike<unknown>, payloadStart: number, payloadEnd: number): false {
    notify.detach(payloadStart, payloadEnd);
    this.inFlight.add(notify, result, payloadEnd - payloadStart);
    return false;
  }

  /** ACK with ABORT: HAProxy gives this NOTIFY up, and the connection lives on (SPOP specification, section 3.2.7). */
  refuse({ refusal, streamId, frameId }: Inbox, output: Writer): void {
    this.#reports.refused(streamId, frameId, refusal as SpoaError);
    output.limit = Number.POSITIVE_INFINITY;
    endFrame(output, beginFrame(output, FrameType.ACK, FrameFlag.FIN | FrameFlag.ABORT, streamId, frameId));
  }

  /** Finds the messages. One NOTIFY that cannot be read is answered empty, and costs no other. */
  #isSound(notify: NotifyContext, index: MessageIndex, payload: Reader): boolean {
    try {
      index.parse(payload);
      return true;
    } catch (error) {
      if (!(error instanceof SpoaError)) throw error;
      this.#reports.malformed(notify, error);
      return false;
    }
  }

  #handle(notify: NotifyContext): PromiseLike<unknown> | undefined {
    if (this.#observedAt !== 0) notify.observe(this.#observedAt);
    try {
      const returned = this.#handler(notify);
      return isThenable(returned) ? returned : undefined;
    } catch (error) {
      this.#failed(notify, error);
      return undefined;
    }
  }

  #failed(notify: NotifyContext, error: unknown): void {
    notify.clearActions();
    this.#reports.handlerFailed(notify, error);
  }
}
