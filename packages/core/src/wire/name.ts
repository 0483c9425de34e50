import { RememberedText } from './remembered-text.ts';

/** The name of a message or argument as it is looked up in frames: no byte of theirs is decoded for it. */
export class Name {
  readonly bytes: Buffer;
  /** What is compared first: see `nameKey`. */
  readonly key: number;
  /** @internal What an argument of this name said the last time. */
  readonly text = new RememberedText();

  constructor(text: string) {
    this.bytes = Buffer.from(text);
    this.key = nameKey(this.bytes, 0, this.bytes.length);
  }
}

/**
 * The length of a name, its first byte and its last one in an integer of 31 bits. Names with different keys differ; those of
 * one message rarely share a key.
 */
export function nameKey(bytes: Uint8Array, start: number, end: number): number {
  if (end === start) return 0;
  return (((end - start) & 0x7fff) << 16) | ((bytes[start] as number) << 8) | (bytes[end - 1] as number);
}
