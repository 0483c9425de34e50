import type { Reader } from './reader.ts';
import { readText, readTypedData, type Value, type WritableValue, writeText, writeTypedData } from './typed-data.ts';
import type { Writer } from './writer.ts';

/*
 * KV-LIST (SPOP specification, section 3.1): { STRING name, TYPED-DATA value } to the end of the frame.
 */

/** Reads the items one by one. A peer's names never become keys of an object. */
export function* readItems(reader: Reader): Generator<[name: string, value: Value]> {
  while (reader.remaining > 0) yield [readText(reader), readTypedData(reader)];
}

export function writeItem(writer: Writer, name: string, value: WritableValue): void {
  writeText(writer, name);
  writeTypedData(writer, value);
}
