import type { StandardSchemaV1 } from '@standard-schema/spec';
import { describe, invalid } from './failure.ts';
import { schemaFrom } from './schema-from.ts';

const WORDS = new Map<unknown, boolean>([
  ...['true', '1', 'yes', 'on', 1, true].map((word) => [word, true] as const),
  ...['false', '0', 'no', 'off', 0, false].map((word) => [word, false] as const),
]);
/** Longer texts are none of the words, and are not turned to lower case to find out. */
const MAX_LENGTH = 16;

/**
 * Reads a boolean from text: `true 1 yes on` and `false 0 no off`, whatever the case, with blanks around. A boolean, and
 * 1 and 0 as numbers, are taken as well: a sample, or a value of a YAML file, can be either.
 *
 * @throws FrameworkError SPOA_PARSE_INVALID
 */
export function parseBoolean(value: string | boolean | number): boolean {
  const isText = typeof value === 'string';
  const word = isText && value.length <= MAX_LENGTH ? value.trim().toLowerCase() : value;
  const meaning = WORDS.get(word);
  if (meaning !== undefined) return meaning;
  throw invalid('boolean', `${isText ? 'this text' : describe(value)} is none of true, 1, yes, on, false, 0, no, off`);
}

/** A boolean in text: {@link parseBoolean}. */
export const booleanText: StandardSchemaV1<string | boolean | number, boolean> = schemaFrom(parseBoolean);
