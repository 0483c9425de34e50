import { SpoaError } from '../errors.ts';
import { MIN_FRAME_SIZE } from '../wire/frame.ts';

/** What the agent bears, each with its default. Sizes are bytes, times milliseconds. */
export interface Limits {
  /** The largest frame agreed on: the smaller of this and what HAProxy announces. 256 or more. @default 1048576 */
  maxFrameSize: number;
  /** The largest NOTIFY that is put together from fragments. @default 1048576 */
  maxNotifySize: number;
  /** Connections served at once; one more is closed. @default 10000 */
  maxConnections: number;
  /** NOTIFYs of one connection that wait for their handlers; with so many nothing more is read. @default 1024 */
  maxInFlight: number;
  /** Bytes of those NOTIFYs together, as they came; one NOTIFY may pass it, then nothing more is read. @default 16777216 */
  maxInFlightBytes: number;
  /** From the connection to the end of its HAPROXY-HELLO; 0: no limit. @default 10000 */
  helloTimeoutMs: number;
  /** From the first byte of a frame to its last, or of a fragmented NOTIFY; 0: no limit. @default 10000 */
  frameTimeoutMs: number;
  /** Without a byte from HAProxy and without work for it; 0: no limit (HAProxy closes what it does not need). @default 0 */
  idleTimeoutMs: number;
  /** For the peer to close after our AGENT-DISCONNECT, before the connection is cut. @default 2000 */
  closeTimeoutMs: number;
}

export const DEFAULT_LIMITS: Readonly<Limits> = Object.freeze({
  maxFrameSize: 1024 * 1024,
  maxNotifySize: 1024 * 1024,
  maxConnections: 10_000,
  maxInFlight: 1024,
  maxInFlightBytes: 16 * 1024 * 1024,
  helloTimeoutMs: 10_000,
  frameTimeoutMs: 10_000,
  idleTimeoutMs: 0,
  closeTimeoutMs: 2_000,
});

const LOWEST = {
  maxFrameSize: MIN_FRAME_SIZE,
  maxNotifySize: MIN_FRAME_SIZE,
  maxConnections: 1,
  maxInFlight: 1,
  maxInFlightBytes: 1,
  helloTimeoutMs: 0,
  frameTimeoutMs: 0,
  idleTimeoutMs: 0,
  closeTimeoutMs: 0,
} as const satisfies Limits;

/** @throws SPOA_VALUE_OUT_OF_RANGE naming the limit and its range */
export function resolveLimits(given: Partial<Limits> = {}): Limits {
  const limits = { ...DEFAULT_LIMITS };
  for (const name of Object.keys(LOWEST) as (keyof Limits)[]) {
    const value = given[name] ?? limits[name];
    if (!Number.isSafeInteger(value) || value < LOWEST[name] || value > 0x7fff_ffff) {
      throw new SpoaError(
        'SPOA_VALUE_OUT_OF_RANGE',
        `${name} is an integer from ${LOWEST[name]} to 2^31-1, not ${value}`,
      );
    }
    limits[name] = value;
  }
  return limits;
}
