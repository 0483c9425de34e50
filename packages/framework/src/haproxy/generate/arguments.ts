import type { ArgumentDescription, MessageDescription } from '../description.ts';
import type { DescriptionFault } from '../errors.ts';
import { quoteWord } from '../parse/quote.ts';

/** Arguments of a message at most: their number is one byte. */
export const MAX_ARGUMENTS = 255;

/**
 * The words of the `args` lines, in HAProxy's order: an argument without a name stands where its position says, those with
 * names fill the places between. What nobody needs and no sample fills is left out.
 */
export function argumentWords(message: MessageDescription, faults: DescriptionFault[]): string[] {
  const fault = (name: string | number, problem: string, remedy: string): void => {
    faults.push({ where: `message ${message.name}, argument ${name}`, problem, remedy });
  };
  const placed = new Map<number, string>();
  const named: string[] = [];
  const seen = new Set<string | number>();
  for (const argument of message.arguments) {
    const { name, sample, optional = false } = argument;
    // One argument may be read twice, as text and as bytes.
    if (seen.has(name)) continue;
    const filled = sample ?? message.arguments.find((other) => other.name === name && other.sample)?.sample;
    if (filled === undefined && optional) continue;
    seen.add(name);
    if (filled === undefined)
      fault(name, 'nothing says what fills it', "give it a sample: @Arg('name', { sample: 'src' })");
    else if (!isWord(filled)) fault(name, 'its sample is not one line', 'write the sample expression on one line');
    else if (typeof name === 'number') placed.set(name, word('', filled));
    else if (!/^[^=\s]+$/.test(name)) fault(name, 'HAProxy cannot send this name', 'use a name without = and spaces');
    else named.push(word(`${name}=`, filled));
  }
  const words: string[] = [];
  while (placed.size > 0 || named.length > 0) {
    const next = placed.get(words.length) ?? named.shift();
    if (next === undefined) break;
    placed.delete(words.length);
    words.push(next);
  }
  for (const position of placed.keys()) {
    fault(position, 'nothing fills the positions before it', 'give arguments for them, or a lower position');
  }
  if (words.length > MAX_ARGUMENTS) {
    faults.push({
      where: `message ${message.name}`,
      problem: `it has ${words.length} arguments`,
      remedy: `a message holds ${MAX_ARGUMENTS}`,
    });
  }
  return words;
}

/** Before the first `=` HAProxy reads a name: an empty one keeps a sample that holds a `=` whole. */
function word(name: string, sample: string): string {
  return quoteWord(name === '' && sample.includes('=') ? `=${sample}` : `${name}${sample}`);
}

function isWord(sample: ArgumentDescription['sample'] & string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: HAProxy's lines hold none of these
  return sample !== '' && !/[\u0000\n\r]/.test(sample);
}
