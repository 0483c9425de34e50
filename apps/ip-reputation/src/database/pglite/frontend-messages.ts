/** Longer messages end the connection: an import sends its rows in batches far below this. */
const MAX_MESSAGE = 256 * 1024 * 1024;

export interface FrontendMessage {
  /** The type byte as a character; '' for the messages before and including StartupMessage, which have none. */
  readonly type: string;
  /** The whole message, its head included. */
  readonly bytes: Buffer;
}

/** The message Query: one or more statements as text. */
export function query(sql: string): Buffer {
  const text = Buffer.from(`${sql}\0`);
  const head = Buffer.from('Q\0\0\0\0', 'latin1');
  head.writeInt32BE(text.length + 4, 1);
  return Buffer.concat([head, text]);
}

/**
 * Cuts what a PostgreSQL client sends into messages (PostgreSQL documentation, "Message Formats"):
 *
 *     typed   = type:byte1 length:int32 body      length counts itself and the body
 *     startup = length:int32 code:int32 body      until the client has been greeted
 */
export class FrontendSplitter {
  #rest: Buffer = Buffer.alloc(0);
  #typed = false;

  /** From now on messages have a type byte. */
  startupDone(): void {
    this.#typed = true;
  }

  push(chunk: Buffer): void {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
  }

  /**
   * The next whole message, or `undefined` until more has come.
   *
   * @throws RangeError on a length that no client sends
   */
  next(): FrontendMessage | undefined {
    const head = this.#typed ? 1 : 0;
    if (this.#rest.length < head + 4) return undefined;
    const length = this.#rest.readInt32BE(head);
    if (length < (this.#typed ? 4 : 8) || length > MAX_MESSAGE) throw new RangeError(`message of ${length} bytes`);
    if (this.#rest.length < head + length) return undefined;
    const bytes = this.#rest.subarray(0, head + length);
    this.#rest = this.#rest.subarray(head + length);
    return { type: this.#typed ? String.fromCharCode(bytes[0] as number) : '', bytes };
  }
}
