import { SpoaError } from '../errors.ts';
import { beginFrame, endFrame, FrameFlag, FrameType } from './frame.ts';
import { readItems, writeItem } from './kv-list.ts';
import { Reader } from './reader.ts';
import { StatusCode } from './status-code.ts';
import { uint32, type Value } from './typed-data.ts';
import { Writer } from './writer.ts';

/*
 * HAPROXY-DISCONNECT and AGENT-DISCONNECT (SPOP specification, sections 3.2.8 and 3.2.9)
 *   "status-code" UINT32
 *   "message"     STRING
 */
export interface Disconnect {
  /** One of `StatusCode`, or a code of the peer's own. */
  statusCode: number;
  message: string;
}

/** HAProxy 3.0 and older refuse a longer message, in bytes. */
const MAX_MESSAGE_BYTES = 255;

/** Reads the payload of either DISCONNECT. Neither item is insisted on: HAProxy does not either. */
export function decodeDisconnect(payload: Uint8Array): Disconnect {
  let statusCode = 0;
  let message = '';
  for (const [name, value] of readItems(new Reader(payload))) {
    if (name === 'status-code') {
      statusCode = status(value);
    } else if (name === 'message') {
      if (typeof value !== 'string') throw notText();
      message = value;
    }
  }
  return { statusCode, message };
}

function notText(): SpoaError {
  return new SpoaError('SPOA_TYPE_INVALID', 'the item message is not a STRING', { facts: { item: 'message' } });
}

function status(value: Value): number {
  if (typeof value === 'number') return value;
  // Nobody has such a code, but that is no reason to doubt the rest of the frame.
  if (typeof value === 'bigint') return StatusCode.UNKNOWN;
  throw new SpoaError('SPOA_TYPE_INVALID', 'the item status-code is not an integer', {
    facts: { item: 'status-code' },
  });
}

/** A whole AGENT-DISCONNECT frame; the message is cut to 255 bytes, between characters. */
export function encodeAgentDisconnect(disconnect: Disconnect): Buffer {
  return encodeDisconnect(FrameType.AGENT_DISCONNECT, disconnect);
}

/** A whole HAPROXY-DISCONNECT frame; the message is cut to 255 bytes, between characters. */
export function encodeHaproxyDisconnect(disconnect: Disconnect): Buffer {
  return encodeDisconnect(FrameType.HAPROXY_DISCONNECT, disconnect);
}

function encodeDisconnect(type: number, { statusCode, message }: Disconnect): Buffer {
  const writer = new Writer(128);
  const start = beginFrame(writer, type, FrameFlag.FIN, 0, 0);
  writeItem(writer, 'status-code', uint32(statusCode));
  writeItem(writer, 'message', cut(message));
  endFrame(writer, start);
  return writer.take();
}

function cut(message: string): string {
  if (Buffer.byteLength(message) <= MAX_MESSAGE_BYTES) return message;
  const { read } = new TextEncoder().encodeInto(message, new Uint8Array(MAX_MESSAGE_BYTES));
  return message.slice(0, read);
}
