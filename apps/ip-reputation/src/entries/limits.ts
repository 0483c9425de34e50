/** What the table's constraints ask for, checked before the database does so that the line can be named. */
export const MAX_LIST = 100;
export const MAX_REASON = 500;

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const CONTROL = /[\x00-\x1f\x7f]/;
const CONTROLS = new RegExp(CONTROL, 'g');

/** Whether a list may be called so: 1 to 100 characters, none of them a control character. */
export function isListName(text: string): boolean {
  return text.length > 0 && text.length <= MAX_LIST && !CONTROL.test(text);
}

/** A reason as it is stored: on one line, at most 500 characters; `undefined` when nothing is left. */
export function tidyReason(text: string): string | undefined {
  const line = text.replace(CONTROLS, ' ').trim().slice(0, MAX_REASON).trim();
  return line === '' ? undefined : line;
}

/** An integer from 0 to 100, or `undefined`. */
export function parseScore(text: string): number | undefined {
  return /^\d{1,3}$/.test(text) && Number(text) <= 100 ? Number(text) : undefined;
}
