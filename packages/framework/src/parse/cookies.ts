import { isUtf8 } from 'node:buffer';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { parseCookie } from 'cookie';
import { count } from './count.ts';
import { overLimit, requireText } from './failure.ts';
import { schemaFrom } from './schema-from.ts';

export interface ParseCookiesOptions {
  /** More cookies than this are refused. Browsers send less than 200 to a site. @default 200 */
  readonly maxCookies?: number;
}

/**
 * Reads the header `Cookie`, from the sample `req.fhdr(cookie)`. Of a name that is there twice the first value counts,
 * which is that of the longer path. Values are percent-decoded where that makes UTF-8, and as they are elsewhere.
 *
 * @throws FrameworkError SPOA_PARSE_INVALID (no text), SPOA_PARSE_LIMIT
 */
export function parseCookies(text: string, options: ParseCookiesOptions = {}): Map<string, string> {
  const { maxCookies = 200 } = options;
  requireText('cookies', text);
  if (count(text, ';') >= maxCookies) throw overLimit('cookies', maxCookies, 'cookies');
  // The object has no prototype: `__proto__` is a name as any other.
  return new Map(Object.entries(parseCookie(text, { decode }) as Record<string, string>));
}

/** A `decodeURIComponent` that does not throw: an error costs ten microseconds, and a stranger may cause 200 of them. */
function decode(value: string): string {
  if (!value.includes('%')) return value;
  const bytes = Buffer.from(value);
  let end = 0;
  for (let at = 0; at < bytes.length; at++) {
    const isEscape = bytes[at] === PERCENT && HEX_DIGITS.test(bytes.toString('latin1', at + 1, at + 3));
    bytes[end++] = isEscape ? Number.parseInt(bytes.toString('latin1', at + 1, at + 3), 16) : (bytes[at] as number);
    if (isEscape) at += 2;
  }
  const decoded = bytes.subarray(0, end);
  return isUtf8(decoded) ? decoded.toString() : value;
}

const PERCENT = 0x25;
const HEX_DIGITS = /^[0-9a-f]{2}$/i;

/** The header `Cookie` as a `Map`: {@link parseCookies}. */
export const cookieMap: StandardSchemaV1<string, Map<string, string>> = schemaFrom((text: string) =>
  parseCookies(text),
);
