import { SpoaError } from '../errors.ts';
import type { Reader } from './reader.ts';
import { skipTypedData } from './typed-data.ts';
import { readLength } from './varint.ts';

const EMPTY = Buffer.alloc(0);

/** Integers of one message in the table: where its name begins and ends, its first argument, how many it has. */
const MESSAGE_STRIDE = 4;
/** Integers of one argument: where its name begins and ends, and where its typed value begins. */
const ARGUMENT_STRIDE = 3;
/** A table grown past this many integers by one monstrous frame is given back: agents keep a thousand of them. */
const KEPT_INTEGERS = 4096;
/** What an integer of the tables can hold. */
const MAX_OFFSET = 0x7fff_ffff;

/**
 * Where everything stands in a LIST-OF-MESSAGES: found in one checked pass that decodes no value, so that a NOTIFY is known
 * to be sound before anything acts on it, and what nobody asks for is never decoded.
 */
export class MessageIndex {
  bytes: Buffer = EMPTY;
  messageCount = 0;
  /** Changes whenever the contents do: whoever keeps a reference past that can tell. */
  generation = 0;
  #messages = new Int32Array(8 * MESSAGE_STRIDE);
  #arguments = new Int32Array(64 * ARGUMENT_STRIDE);
  #argumentCount = 0;

  /**
   * Indexes the rest of what `reader` holds.
   *
   * @throws SPOA_TRUNCATED, SPOA_VARINT_INVALID, SPOA_TYPE_INVALID, SPOA_FRAME_TOO_BIG (beyond 2 GiB); the index is empty
   *   then
   */
  parse(reader: Reader): void {
    this.bytes = reader.bytes;
    this.generation++;
    this.messageCount = 0;
    this.#argumentCount = 0;
    try {
      if (reader.end > MAX_OFFSET) {
        throw new SpoaError('SPOA_FRAME_TOO_BIG', `a NOTIFY that ends at byte ${reader.end}: ${MAX_OFFSET} at most`);
      }
      while (reader.offset < reader.end) this.#parseMessage(reader);
    } catch (error) {
      this.clear();
      throw error;
    }
  }

  #parseMessage(reader: Reader): void {
    const at = this.messageCount * MESSAGE_STRIDE;
    if (at === this.#messages.length) this.#messages = doubled(this.#messages);
    const nameLength = readLength(reader);
    const nameStart = reader.skip(nameLength);
    const count = reader.u8();
    const messages = this.#messages;
    messages[at] = nameStart;
    messages[at + 1] = nameStart + nameLength;
    messages[at + 2] = this.#argumentCount;
    messages[at + 3] = count;
    while ((this.#argumentCount + count) * ARGUMENT_STRIDE > this.#arguments.length) {
      this.#arguments = doubled(this.#arguments);
    }
    const table = this.#arguments;
    let row = this.#argumentCount * ARGUMENT_STRIDE;
    for (let i = 0; i < count; i++) {
      const length = readLength(reader);
      const start = reader.skip(length);
      table[row] = start;
      table[row + 1] = start + length;
      table[row + 2] = reader.offset;
      row += ARGUMENT_STRIDE;
      skipTypedData(reader);
    }
    this.#argumentCount += count;
    this.messageCount++;
  }

  /** Copies the payload, which lies from `start` to `end` of the bytes, into memory of its own. */
  own(start: number, end: number): void {
    this.bytes = Buffer.from(this.bytes.subarray(start, end));
    for (let i = 0; i < this.messageCount; i++) {
      (this.#messages[i * MESSAGE_STRIDE] as number) -= start;
      (this.#messages[i * MESSAGE_STRIDE + 1] as number) -= start;
    }
    const integers = this.#argumentCount * ARGUMENT_STRIDE;
    for (let i = 0; i < integers; i++) (this.#arguments[i] as number) -= start;
  }

  /** Lets go of the frame's bytes, and of a table that one frame blew up. */
  clear(): void {
    this.bytes = EMPTY;
    this.generation++;
    this.#argumentCount = 0;
    this.messageCount = 0;
    if (this.#arguments.length > KEPT_INTEGERS) this.#arguments = new Int32Array(64 * ARGUMENT_STRIDE);
    if (this.#messages.length > KEPT_INTEGERS) this.#messages = new Int32Array(8 * MESSAGE_STRIDE);
  }

  messageNameStart(message: number): number {
    return this.#messages[message * MESSAGE_STRIDE] as number;
  }

  messageNameEnd(message: number): number {
    return this.#messages[message * MESSAGE_STRIDE + 1] as number;
  }

  /** The number, in this index, of a message's first argument. */
  firstArgument(message: number): number {
    return this.#messages[message * MESSAGE_STRIDE + 2] as number;
  }

  argumentCount(message: number): number {
    return this.#messages[message * MESSAGE_STRIDE + 3] as number;
  }

  argumentNameStart(argument: number): number {
    return this.#arguments[argument * ARGUMENT_STRIDE] as number;
  }

  argumentNameEnd(argument: number): number {
    return this.#arguments[argument * ARGUMENT_STRIDE + 1] as number;
  }

  /** Where the typed value of an argument begins: its type byte. */
  valueStart(argument: number): number {
    return this.#arguments[argument * ARGUMENT_STRIDE + 2] as number;
  }

  /** The first message named `name`, or -1. */
  findMessage(name: Uint8Array): number {
    for (let i = 0; i < this.messageCount; i++) {
      if (equals(this.bytes, this.messageNameStart(i), this.messageNameEnd(i), name)) return i;
    }
    return -1;
  }

  isMessageNamed(message: number, name: Uint8Array): boolean {
    return equals(this.bytes, this.messageNameStart(message), this.messageNameEnd(message), name);
  }

  isArgumentNamed(argument: number, name: Uint8Array): boolean {
    return equals(this.bytes, this.argumentNameStart(argument), this.argumentNameEnd(argument), name);
  }
}

function doubled(table: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(table.length * 2);
  larger.set(table);
  return larger;
}

/** Names are compared as bytes: nothing is decoded to find out that it is not wanted. */
function equals(bytes: Buffer, start: number, end: number, name: Uint8Array): boolean {
  if (end - start !== name.length) return false;
  for (let i = 0; i < name.length; i++) {
    if (bytes[start + i] !== name[i]) return false;
  }
  return true;
}

/** More arguments than this cannot be counted: NB-ARGS is one byte. */
export const MAX_ARGUMENTS = 255;
