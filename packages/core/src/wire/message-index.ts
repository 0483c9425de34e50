import { SpoaError } from '../errors.ts';
import type { Name } from './name.ts';
import { nameKey } from './name.ts';
import type { Reader } from './reader.ts';
import { skipTypedData, typedDataEnd } from './typed-data.ts';
import { readLength } from './varint.ts';

const EMPTY = Buffer.alloc(0);
/** The first byte of a varint that has more. */
const UNUSUAL = 240;

/** Integers of one message in the table: where its name begins and ends, its first argument, how many it has. */
const MESSAGE_STRIDE = 4;
/** Integers of one argument: where its name begins and ends, which is where its typed value begins, and the key of the name. */
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
    this.#parseArguments(reader, count);
    this.#argumentCount += count;
    this.messageCount++;
  }

  /** The longest loop there is: what is usual is read here, what is not (and whatever is wrong) by the reader. */
  #parseArguments(reader: Reader, count: number): void {
    const { bytes, end } = reader;
    const table = this.#arguments;
    let offset = reader.offset;
    let row = this.#argumentCount * ARGUMENT_STRIDE;
    for (let i = 0; i < count; i++) {
      let start = offset + 1;
      let length = offset < end ? (bytes[offset] as number) : UNUSUAL;
      if (length >= UNUSUAL || length > end - start) {
        reader.offset = offset;
        length = readLength(reader);
        start = reader.skip(length);
      }
      const value = start + length;
      table[row] = start;
      table[row + 1] = value;
      table[row + 2] = nameKey(bytes, start, value);
      row += ARGUMENT_STRIDE;
      offset = typedDataEnd(bytes, value, end);
      if (offset < 0) {
        reader.offset = value;
        skipTypedData(reader);
        offset = reader.offset;
      }
    }
    reader.offset = offset;
  }

  /** Copies the payload, which lies from `start` to `end` of the bytes, into memory of its own. */
  own(start: number, end: number): void {
    this.bytes = Buffer.from(this.bytes.subarray(start, end));
    for (let i = 0; i < this.messageCount; i++) {
      (this.#messages[i * MESSAGE_STRIDE] as number) -= start;
      (this.#messages[i * MESSAGE_STRIDE + 1] as number) -= start;
    }
    const integers = this.#argumentCount * ARGUMENT_STRIDE;
    for (let i = 0; i < integers; i += ARGUMENT_STRIDE) {
      (this.#arguments[i] as number) -= start;
      (this.#arguments[i + 1] as number) -= start;
    }
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
    return this.valueStart(argument);
  }

  /** Where the typed value of an argument begins, right behind its name: its type byte. */
  valueStart(argument: number): number {
    return this.#arguments[argument * ARGUMENT_STRIDE + 1] as number;
  }

  /** The first message named `name`, or -1. */
  findMessage(name: Name): number {
    for (let i = 0; i < this.messageCount; i++) if (this.isMessageNamed(i, name)) return i;
    return -1;
  }

  isMessageNamed(message: number, name: Name): boolean {
    return equals(this.bytes, this.messageNameStart(message), this.messageNameEnd(message), name.bytes);
  }

  /** The first argument of a message that is named `name`, wherever it stands; -1 where there is none. */
  findArgument(message: number, { bytes, key }: Name): number {
    const table = this.#arguments;
    const first = this.firstArgument(message);
    const end = first + this.argumentCount(message);
    for (let i = first, row = first * ARGUMENT_STRIDE; i < end; i++, row += ARGUMENT_STRIDE) {
      if (table[row + 2] === key && this.#isNamed(row, bytes)) return i;
    }
    return -1;
  }

  /** Whether the argument of a row is named so, whose key is the same: the first byte and the last are compared already. */
  #isNamed(row: number, name: Buffer): boolean {
    const start = this.#arguments[row] as number;
    if ((this.#arguments[row + 1] as number) - start !== name.length) return false;
    const { bytes } = this;
    for (let i = name.length - 2; i > 0; i--) if (bytes[start + i] !== name[i]) return false;
    return true;
  }

  /** The keys of the names of a message's arguments, in their order: see `nameKey`. */
  argumentKeys(message: number): Int32Array {
    const keys = new Int32Array(this.argumentCount(message));
    let row = this.firstArgument(message) * ARGUMENT_STRIDE + 2;
    for (let i = 0; i < keys.length; i++, row += ARGUMENT_STRIDE) keys[i] = this.#arguments[row] as number;
    return keys;
  }

  /** Whether those are the keys of a message's arguments. */
  hasArgumentKeys(message: number, keys: Int32Array): boolean {
    if (this.argumentCount(message) !== keys.length) return false;
    const table = this.#arguments;
    let row = this.firstArgument(message) * ARGUMENT_STRIDE + 2;
    for (let i = 0; i < keys.length; i++, row += ARGUMENT_STRIDE) if (table[row] !== keys[i]) return false;
    return true;
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
