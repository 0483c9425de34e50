import { Name } from './name.ts';
import { RememberedText } from './remembered-text.ts';

/*
 * The names of messages and arguments, from both sides: those that a program looks up, and those that frames bring. HAProxy's
 * configuration has few of them, and the same ones come with every frame.
 */

const names = new Map<string, Name>();
const MAX_KEPT_NAMES = 4096;
/** Longer ones are nobody's constants; and V8 hashes texts beyond 16383 characters by their length alone. */
const MAX_KEPT_LENGTH = 256;

/** A name that the program looks up, kept. */
export function nameOf(text: string): Name {
  if (text.length > MAX_KEPT_LENGTH) return new Name(text);
  let name = names.get(text);
  if (name === undefined) {
    name = new Name(text);
    if (names.size < MAX_KEPT_NAMES) names.set(text, name);
  }
  return name;
}

/** The last name of each of so many kinds. */
const texts = Array.from({ length: 256 }, () => new RememberedText());

/** The text of the name that lies from `start` to `end` of `bytes`, all of which must be there. */
export function nameText(bytes: Buffer, start: number, end: number): string {
  const length = end - start;
  if (length === 0) return '';
  const kind = (length * 37 + (bytes[start] as number) * 5 + (bytes[end - 1] as number)) & 255;
  return (texts[kind] as RememberedText).read(bytes, start, length);
}
