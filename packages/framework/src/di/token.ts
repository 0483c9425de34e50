import type { AbstractClass } from '../class.ts';

/** What a provider is asked for by: a class (an abstract one too), or a name for what has none. */
export type Token<T = unknown> = AbstractClass<T extends object ? T : object> | string | symbol;

export function describeToken(token: unknown): string {
  if (typeof token === 'function') return token.name || '(anonymous class)';
  if (typeof token === 'string') return JSON.stringify(token);
  return typeof token === 'symbol' ? String(token) : '(no type)';
}
