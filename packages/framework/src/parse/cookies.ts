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
  // Asked before anything is decoded: a failing decodeURIComponent costs microseconds.
  if (count(text, ';') >= maxCookies) throw overLimit('cookies', maxCookies, 'cookies');
  // The object has no prototype: `__proto__` is a name as any other.
  return new Map(Object.entries(parseCookie(text) as Record<string, string>));
}

/** The header `Cookie` as a `Map`: {@link parseCookies}. */
export const cookieMap: StandardSchemaV1<string, Map<string, string>> = schemaFrom((text: string) =>
  parseCookies(text),
);
