import { decodeUtf8 } from './decode-text.ts';

/** Comparing more characters than this costs as much as decoding them. */
const LONGEST = 32;

/**
 * A text that is often what it was the last time, as a method, a version or a name is: it is told by its bytes then, and no new
 * string is made.
 */
export class RememberedText {
  #last = '';

  /** The UTF-8 text of `length` bytes from `start` on, all of which must be there. */
  read(bytes: Buffer, start: number, length: number): string {
    const last = this.#last;
    if (length === last.length && isAscii(last, bytes, start)) return last;
    const text = decodeUtf8(bytes, start, start + length);
    if (length <= LONGEST) this.#last = text;
    return text;
  }
}

/** Whether `text` is ASCII, and those are its bytes. */
function isAscii(text: string, bytes: Buffer, start: number): boolean {
  for (let i = 0; i < text.length; i++) {
    const byte = bytes[start + i] as number;
    if (byte !== text.charCodeAt(i) || byte > 127) return false;
  }
  return true;
}
