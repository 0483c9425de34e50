import { SpoaError } from '../errors.ts';
import type { Limits } from './limits.ts';

/** A clock in milliseconds that is set now and then. */
interface Clock {
  readonly now: number;
}

/** How long a connection waits for its peer, and since when. */
export class Patience {
  readonly #limits: Limits;
  readonly #clock: Clock;
  /** When the state was entered, when a byte came last, and since when a frame is incomplete (0: none is). */
  #enteredAt: number;
  #receivedAt: number;
  #incompleteSince = 0;

  constructor(limits: Limits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
    this.#enteredAt = clock.now;
    this.#receivedAt = clock.now;
  }

  /** A state of the connection begins. */
  entered(): void {
    this.#enteredAt = this.#clock.now;
  }

  received(): void {
    this.#receivedAt = this.#clock.now;
  }

  /** Counts the time as that of the last byte, for it may have come up to `clockStepMs` after the clock was set. */
  receivedLater(clockStepMs: number): void {
    this.#receivedAt = Math.min(this.#clock.now, this.#receivedAt + clockStepMs);
  }

  /** A frame has ended. */
  completed(): void {
    this.#incompleteSince = 0;
  }

  /** A frame has begun, if none had. */
  begun(): void {
    this.#incompleteSince ||= this.#clock.now;
  }

  /** What the peer could not finish while nobody read is not held against it. */
  forgive(): void {
    if (this.#incompleteSince > 0) this.#incompleteSince = this.#clock.now;
  }

  /** Whether the peer had long enough to close the connection, or handlers to end. */
  get closeIsOver(): boolean {
    return this.#clock.now - this.#enteredAt >= this.#limits.closeTimeoutMs;
  }

  /** Since a byte came, in milliseconds. */
  get silentMs(): number {
    return this.#clock.now - this.#receivedAt;
  }

  get helloTimeout(): SpoaError | undefined {
    const limitMs = this.#limits.helloTimeoutMs;
    if (!isOver(limitMs, this.#clock.now - this.#enteredAt)) return undefined;
    return new SpoaError('SPOA_HELLO_TIMEOUT', `no HAPROXY-HELLO within ${limitMs} ms`);
  }

  get frameTimeout(): SpoaError | undefined {
    const limitMs = this.#limits.frameTimeoutMs;
    if (this.#incompleteSince === 0 || !isOver(limitMs, this.#clock.now - this.#incompleteSince)) return undefined;
    return new SpoaError('SPOA_FRAME_TIMEOUT', `a frame was not finished within ${limitMs} ms`);
  }

  get idleTimeout(): SpoaError | undefined {
    const limitMs = this.#limits.idleTimeoutMs;
    if (!isOver(limitMs, this.silentMs)) return undefined;
    return new SpoaError('SPOA_IDLE_TIMEOUT', `nothing received for ${limitMs} ms`);
  }
}

function isOver(limitMs: number, waitedMs: number): boolean {
  return limitMs > 0 && waitedMs >= limitMs;
}
