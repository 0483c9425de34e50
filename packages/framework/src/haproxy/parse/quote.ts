/** What HAProxy takes as it is: none of this separates, quotes, escapes or starts a comment. */
const PLAIN = /^[A-Za-z0-9_.:,/@%+=()[\]{}<>!?&*|;^~-]+$/;

const NAMED: Readonly<Record<string, string>> = { '\t': '\\t', '\n': '\\n', '\r': '\\r' };

/** Writes one word so that HAProxy reads this text again, with quotes where it needs them. */
export function quoteWord(text: string): string {
  if (PLAIN.test(text)) return text;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these must be escaped
  const needsEscapes = /[\u0000-\u001f\u007f']/.test(text);
  if (!needsEscapes) return `'${text}'`;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these must be escaped
  const escaped = text.replace(/[\\"$\u0000-\u001f\u007f]/g, (char) => NAMED[char] ?? escapeOf(char));
  return `"${escaped}"`;
}

function escapeOf(char: string): string {
  const code = char.charCodeAt(0);
  return code < 0x20 || code === 0x7f ? `\\x${code.toString(16).padStart(2, '0')}` : `\\${char}`;
}
