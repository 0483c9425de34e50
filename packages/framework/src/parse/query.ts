import type { StandardSchemaV1 } from '@standard-schema/spec';
import { count } from './count.ts';
import { overLimit, requireText } from './failure.ts';
import { schemaFrom } from './schema-from.ts';

export interface ParseQueryOptions {
  /** More parameters than this are refused. @default 1000 */
  readonly maxParameters?: number;
}

/**
 * Reads a query string, from the sample `query`, with or without its `?`. Bytes that are no UTF-8 become U+FFFD.
 *
 * @throws FrameworkError SPOA_PARSE_INVALID (no text), SPOA_PARSE_LIMIT
 */
export function parseQuery(text: string, options: ParseQueryOptions = {}): URLSearchParams {
  const { maxParameters = 1000 } = options;
  requireText('query', text);
  if (count(text, '&') >= maxParameters) throw overLimit('query', maxParameters, 'parameters');
  return new URLSearchParams(text);
}

/** A query string as `URLSearchParams`: {@link parseQuery}. */
export const queryParams: StandardSchemaV1<string, URLSearchParams> = schemaFrom((text: string) => parseQuery(text));
