/** Status codes of the DISCONNECT frames (SPOP specification, section 3.5, "Errors & timeouts"). */
export const StatusCode = {
  NORMAL: 0,
  IO: 1,
  TIMEOUT: 2,
  FRAME_TOO_BIG: 3,
  INVALID_FRAME: 4,
  NO_VERSION: 5,
  NO_MAX_FRAME_SIZE: 6,
  NO_CAPABILITIES: 7,
  UNSUPPORTED_VERSION: 8,
  BAD_MAX_FRAME_SIZE: 9,
  FRAGMENTATION_NOT_SUPPORTED: 10,
  INTERLACED_FRAMES: 11,
  FRAME_ID_NOT_FOUND: 12,
  RESOURCE: 13,
  UNKNOWN: 99,
} as const;

/** A status code that the specification names. A peer may send others. */
export type StatusCode = (typeof StatusCode)[keyof typeof StatusCode];
