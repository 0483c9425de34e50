import { type Reader, readLength } from '@spoa/core';
import type { ArgumentReader } from './argument-type.ts';

/** Comparing more characters than this costs as much as decoding them. */
const LONGEST = 32;

/**
 * Makes a reader of text that is often what it was the last time, as a method, a version or a host is: it is told by its bytes
 * then, and no new string is made.
 */
export function rememberText(): ArgumentReader {
  let last = '';
  return (reader: Reader) => {
    reader.u8();
    const length = readLength(reader);
    const start = reader.skip(length);
    const { bytes } = reader;
    if (length === last.length && isAscii(last, bytes, start)) return last;
    const text = bytes.toString('utf8', start, start + length);
    if (length <= LONGEST) last = text;
    return text;
  };
}

/** Whether `text` is ASCII, and those are its bytes. */
function isAscii(text: string, bytes: Uint8Array, start: number): boolean {
  for (let i = 0; i < text.length; i++) {
    const byte = bytes[start + i] as number;
    if (byte !== text.charCodeAt(i) || byte > 127) return false;
  }
  return true;
}
