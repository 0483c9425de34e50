import { StatusCode } from './wire/status-code.ts';

/**
 * Every error of this package: its code, the SPOP status that goes on the wire for it, and what it means.
 * Codes are stable; `docs/error-codes.md` explains each with its remedy.
 */
export const ERRORS = {
  SPOA_TRUNCATED: { status: StatusCode.INVALID_FRAME, meaning: 'a frame ends before the value that it announces' },
  SPOA_VARINT_INVALID: {
    status: StatusCode.INVALID_FRAME,
    meaning: 'a varint is longer than 10 bytes or above 2^64-1',
  },
  SPOA_TYPE_INVALID: { status: StatusCode.INVALID_FRAME, meaning: 'a typed value has a reserved or unexpected type' },
  SPOA_FRAME_INVALID: { status: StatusCode.INVALID_FRAME, meaning: 'a frame breaks the rules of its type' },
  SPOA_FRAME_TOO_BIG: { status: StatusCode.FRAME_TOO_BIG, meaning: 'a frame is larger than was agreed' },
  SPOA_FRAME_UNEXPECTED: { status: StatusCode.INVALID_FRAME, meaning: 'a frame of this type is not allowed now' },
  SPOA_NOT_SPOP: { status: StatusCode.INVALID_FRAME, meaning: 'the peer does not speak SPOP' },
  SPOA_VERSION_MISSING: { status: StatusCode.NO_VERSION, meaning: 'a HELLO without version' },
  SPOA_VERSION_UNSUPPORTED: { status: StatusCode.UNSUPPORTED_VERSION, meaning: 'a HELLO without version 2.0' },
  SPOA_MAX_FRAME_SIZE_MISSING: { status: StatusCode.NO_MAX_FRAME_SIZE, meaning: 'a HELLO without max-frame-size' },
  SPOA_MAX_FRAME_SIZE_INVALID: { status: StatusCode.BAD_MAX_FRAME_SIZE, meaning: 'a max-frame-size out of range' },
  SPOA_CAPABILITIES_MISSING: { status: StatusCode.NO_CAPABILITIES, meaning: 'a HELLO without capabilities' },
  SPOA_HELLO_TIMEOUT: { status: StatusCode.TIMEOUT, meaning: 'the peer did not say HELLO in time' },
  SPOA_FRAME_TIMEOUT: { status: StatusCode.TIMEOUT, meaning: 'the peer did not finish a frame in time' },
  SPOA_IDLE_TIMEOUT: { status: StatusCode.TIMEOUT, meaning: 'the peer sent nothing for too long' },
  SPOA_FRAGMENTATION_UNSUPPORTED: {
    status: StatusCode.FRAGMENTATION_NOT_SUPPORTED,
    meaning: 'a fragment from a peer that had not agreed on fragmentation',
  },
  SPOA_FRAGMENTS_INTERLACED: {
    status: StatusCode.INTERLACED_FRAMES,
    meaning: 'another NOTIFY began inside a fragmented one',
  },
  SPOA_FRAGMENT_UNKNOWN: {
    status: StatusCode.FRAME_ID_NOT_FOUND,
    meaning: 'a fragment continues a NOTIFY that never began',
  },
  SPOA_FRAGMENTS_TOO_BIG: { status: StatusCode.FRAME_TOO_BIG, meaning: 'a fragmented NOTIFY exceeds its limit' },
  SPOA_TOO_MANY_CONNECTIONS: { status: StatusCode.RESOURCE, meaning: 'the agent serves as many connections as it may' },
  SPOA_VALUE_INVALID: { status: StatusCode.UNKNOWN, meaning: 'a value that no SPOP type can hold' },
  SPOA_VALUE_OUT_OF_RANGE: { status: StatusCode.UNKNOWN, meaning: 'an integer outside the range of its type' },
  SPOA_NAME_INVALID: { status: StatusCode.UNKNOWN, meaning: 'a name that HAProxy would refuse' },
  SPOA_ACK_TOO_BIG: { status: StatusCode.FRAME_TOO_BIG, meaning: 'the actions do not fit into one ACK frame' },
  SPOA_NOTIFY_SETTLED: { status: StatusCode.UNKNOWN, meaning: 'a NOTIFY was used after its ACK had left' },
  SPOA_LISTEN_FAILED: { status: StatusCode.IO, meaning: 'an address could not be listened on' },
  SPOA_AGENT_CLOSED: { status: StatusCode.NORMAL, meaning: 'the agent is closing or closed' },
  SPOA_DISCONNECTED: { status: StatusCode.IO, meaning: 'the connection ended before the answer came' },
  SPOA_TIMEOUT: { status: StatusCode.TIMEOUT, meaning: 'the answer did not come in time' },
} as const satisfies Record<string, { status: StatusCode; meaning: string }>;

export type SpoaErrorCode = keyof typeof ERRORS;

/** Facts about an error, for logs and for programs: numbers and names, never argument values. */
export type SpoaErrorFacts = Readonly<Record<string, string | number | boolean | undefined>>;

export interface SpoaErrorOptions {
  cause?: unknown;
  facts?: SpoaErrorFacts;
}

/**
 * The one error class: of this package with the codes of `ERRORS`, and the base of what packages on top of it throw, with
 * codes of their own.
 *
 * @example
 * try { decodeFrame(bytes); } catch (error) {
 *   if (error instanceof SpoaError && error.code === 'SPOA_TRUNCATED') console.error(error.facts);
 * }
 */
export class SpoaError<Code extends string = SpoaErrorCode> extends Error {
  override readonly name: string = 'SpoaError';
  readonly code: Code;
  /** The status code that goes into an AGENT-DISCONNECT for this error. */
  readonly status: number;
  readonly facts: SpoaErrorFacts;

  constructor(code: Code, message: string, options: SpoaErrorOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.status = (ERRORS as Record<string, { status: number }>)[code]?.status ?? StatusCode.UNKNOWN;
    this.facts = options.facts ?? {};
  }
}
