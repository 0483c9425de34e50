import { SpoaError } from '../errors.ts';
import { beginFrame, endFrame, FrameFlag, FrameType, LENGTH_BYTES } from './frame.ts';
import { MessageList } from './message.ts';
import { MAX_ARGUMENTS, MessageIndex } from './message-index.ts';
import { asBuffer, Reader } from './reader.ts';
import { type WritableValue, writeText, writeTypedData } from './typed-data.ts';
import { Writer } from './writer.ts';

/*
 * NOTIFY (SPOP specification, sections 3.2.6 and 3.3): LIST-OF-MESSAGES to the end of the frame
 *
 *   MESSAGE : <NAME : STRING> <NB-ARGS : 1 byte> NB-ARGS times { <NAME : STRING> <VALUE : TYPED-DATA> }
 *
 * A NOTIFY that is larger than a frame travels in fragments: a NOTIFY frame without FIN, then UNSET frames, the last with FIN.
 */

export interface WritableMessage {
  name: string;
  /** In order. An empty name makes an unnamed argument; names may repeat. */
  args: Iterable<readonly [name: string, value: WritableValue]>;
}

/**
 * The messages of a NOTIFY's payload (all fragments together). They refer to `payload`: it must not change while they are used.
 *
 * @throws SPOA_TRUNCATED, SPOA_VARINT_INVALID, SPOA_TYPE_INVALID
 */
export function decodeMessages(payload: Uint8Array): MessageList {
  const index = new MessageIndex();
  index.parse(new Reader(payload));
  return new MessageList(index);
}

/** @throws SPOA_FRAME_INVALID (more than 255 arguments), SPOA_VALUE_INVALID, SPOA_VALUE_OUT_OF_RANGE */
export function encodeMessages(messages: Iterable<WritableMessage>): Buffer {
  const writer = new Writer();
  for (const message of messages) {
    writeText(writer, message.name);
    const countAt = writer.offset;
    writer.u8(0);
    let count = 0;
    for (const [name, value] of message.args) {
      writeText(writer, name);
      writeTypedData(writer, value);
      count++;
    }
    if (count > MAX_ARGUMENTS) {
      throw new SpoaError('SPOA_FRAME_INVALID', `message ${message.name} has ${count} arguments: 255 at most`);
    }
    writer.bytes[countAt] = count;
  }
  return writer.take();
}

/**
 * The frames of one NOTIFY: one where it fits into `maxFrameSize` bytes, else as many fragments as it takes.
 *
 * @param maxFrameSize the largest LENGTH of a frame, in bytes
 * @throws as `encodeMessages`, and SPOA_MAX_FRAME_SIZE_INVALID where a frame has no room for one byte of them
 */
export function encodeNotify(
  ids: { streamId: number; frameId: number },
  messages: Iterable<WritableMessage>,
  maxFrameSize = Number.POSITIVE_INFINITY,
): Buffer[] {
  const payload = encodeMessages(messages);
  const frames: Buffer[] = [];
  let sent = 0;
  do {
    const writer = new Writer(64);
    const start = beginFrame(writer, sent === 0 ? FrameType.NOTIFY : FrameType.UNSET, 0, ids.streamId, ids.frameId);
    const room = maxFrameSize - (writer.offset - start - LENGTH_BYTES);
    // Written so that NaN fails too: a fragment that carries nothing would be followed by another, without end.
    if (!(room >= Math.min(1, payload.length))) {
      throw new SpoaError('SPOA_MAX_FRAME_SIZE_INVALID', `frames of ${maxFrameSize} bytes have no room for a NOTIFY`);
    }
    const part = payload.subarray(sent, sent + room);
    sent += part.length;
    if (sent === payload.length) writer.patchU32(start + LENGTH_BYTES + 1, FrameFlag.FIN);
    writer.raw(asBuffer(part));
    endFrame(writer, start);
    frames.push(writer.take());
  } while (sent < payload.length);
  return frames;
}

/** The frame by which HAProxy 3.0 and older give up on a NOTIFY that they sent in fragments. */
export function encodeNotifyAbort(ids: { streamId: number; frameId: number }): Buffer {
  const writer = new Writer(32);
  const start = beginFrame(writer, FrameType.UNSET, FrameFlag.FIN | FrameFlag.ABORT, ids.streamId, ids.frameId);
  endFrame(writer, start);
  return writer.take();
}
