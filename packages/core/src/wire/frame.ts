import { SpoaError } from '../errors.ts';
import { Reader } from './reader.ts';
import { readVarint, writeVarint } from './varint.ts';
import { Writer } from './writer.ts';

/*
 * Frame (SPOP specification, section 3.2):
 *
 *   FRAME : <LENGTH : 4 bytes> <TYPE : 1 byte> <FLAGS : 4 bytes> <STREAM-ID : varint> <FRAME-ID : varint> <PAYLOAD>
 *
 * LENGTH counts what follows it. Both integers are big-endian.
 */
export const FrameType = {
  /** A further fragment of a NOTIFY; without payload and with ABORT, its end (HAProxy 3.0 and older). */
  UNSET: 0,
  HAPROXY_HELLO: 1,
  HAPROXY_DISCONNECT: 2,
  NOTIFY: 3,
  AGENT_HELLO: 101,
  AGENT_DISCONNECT: 102,
  ACK: 103,
} as const;

export type FrameType = (typeof FrameType)[keyof typeof FrameType];

export const FrameFlag = {
  /** The last or only fragment. */
  FIN: 0x1,
  /** What was sent of this NOTIFY is to be forgotten. */
  ABORT: 0x2,
} as const;

/** The bytes of LENGTH. */
export const LENGTH_BYTES = 4;
/** The smallest legal LENGTH: type, flags and two ids of one byte. */
export const MIN_FRAME_LENGTH = 7;
/** The smallest max-frame-size that either side may name, in bytes. */
export const MIN_FRAME_SIZE = 256;

export interface FrameHeader {
  type: number;
  flags: number;
  /** 0 to 2^53-1; 0 in HELLO and DISCONNECT frames, and now and then in a NOTIFY of HAProxy 3.0 and older. */
  streamId: number;
  /** 0 to 2^53-1; 0 in HELLO and DISCONNECT frames. */
  frameId: number;
}

export interface Frame extends FrameHeader {
  payload: Buffer;
}

/** Reads what stands between LENGTH and the payload. */
export function readFrameHeader(reader: Reader): FrameHeader {
  return { type: reader.u8(), flags: reader.u32(), streamId: readId(reader), frameId: readId(reader) };
}

/** Reads a stream-id or frame-id. @throws SPOA_FRAME_INVALID (beyond 2^53-1), SPOA_TRUNCATED, SPOA_VARINT_INVALID */
export function readId(reader: Reader): number {
  const id = readVarint(reader);
  if (typeof id === 'number') return id;
  throw new SpoaError('SPOA_FRAME_INVALID', `a stream-id or frame-id of ${id} is beyond 2^53-1`);
}

/** Begins a frame and returns where its LENGTH stands, for `endFrame`. */
export function beginFrame(writer: Writer, type: number, flags: number, streamId: number, frameId: number): number {
  writer.reserve(LENGTH_BYTES + 5);
  const start = writer.offset;
  writer.bytes[start + LENGTH_BYTES] = type;
  writer.patchU32(start + LENGTH_BYTES + 1, flags);
  writer.offset = start + LENGTH_BYTES + 5;
  writeVarint(writer, streamId);
  writeVarint(writer, frameId);
  return start;
}

/** Writes LENGTH, now that it is known. */
export function endFrame(writer: Writer, start: number): void {
  writer.patchU32(start, writer.offset - start - LENGTH_BYTES);
}

/** The bytes of a whole frame, LENGTH included. */
export function encodeFrame(frame: FrameHeader & { payload?: Uint8Array }): Buffer {
  const writer = new Writer(LENGTH_BYTES + 32 + (frame.payload?.length ?? 0));
  const start = beginFrame(writer, frame.type, frame.flags, frame.streamId, frame.frameId);
  if (frame.payload !== undefined) writer.raw(frame.payload);
  endFrame(writer, start);
  return writer.take();
}

/**
 * One whole frame, LENGTH included. The payload is a view of `bytes`.
 *
 * @throws SPOA_TRUNCATED where the frame is incomplete, SPOA_FRAME_INVALID where `bytes` hold more or less than one frame
 */
export function decodeFrame(bytes: Uint8Array): Frame {
  const reader = new Reader(bytes);
  const length = reader.u32();
  if (length < MIN_FRAME_LENGTH || length < reader.remaining) {
    throw new SpoaError('SPOA_FRAME_INVALID', `a frame of length ${length} in ${bytes.length} bytes`);
  }
  const start = reader.skip(length);
  reader.offset = start;
  const header = readFrameHeader(reader);
  return { ...header, payload: reader.view(reader.remaining) };
}
