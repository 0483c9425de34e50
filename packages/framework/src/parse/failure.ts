import type { SpoaErrorFacts } from '@spoa/core';
import { FrameworkError } from '../errors.ts';

/** What can be read here, as `facts.format` of an error names it. */
export type ParseFormat = 'headers' | 'cookies' | 'query' | 'jwt' | 'boolean';

const TITLES = {
  headers: 'the header list',
  cookies: 'the cookies',
  query: 'the query string',
  jwt: 'the JWT',
  boolean: 'the boolean',
} as const satisfies Record<ParseFormat, string>;

/** Says what is wrong, never with what was sent. */
export function invalid(format: ParseFormat, problem: string, facts: SpoaErrorFacts = {}): FrameworkError {
  return new FrameworkError('SPOA_PARSE_INVALID', `${TITLES[format]}: ${problem}`, { facts: { format, ...facts } });
}

export function overLimit(format: ParseFormat, limit: number, unit: string): FrameworkError {
  return new FrameworkError('SPOA_PARSE_LIMIT', `${TITLES[format]}: more than ${limit} ${unit}`, {
    facts: { format, limit },
  });
}

/** Programs in JavaScript, and schemas, are given anything. */
export function requireText(format: ParseFormat, value: unknown): asserts value is string {
  if (typeof value !== 'string') throw invalid(format, `text was expected, not ${describe(value)}`);
}

export function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (value instanceof Uint8Array) return 'bytes';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
