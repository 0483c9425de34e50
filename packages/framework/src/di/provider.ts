import type { Class } from '../class.ts';
import type { Token } from './token.ts';

/** A class that is made once, or another way to get what a token stands for. All are singletons. */
export type Provider<T = unknown> =
  | Class
  | { provide: Token<T>; useClass: Class }
  | { provide: Token<T>; useValue: T }
  | { provide: Token<T>; useExisting: Token<T> }
  /**
   * What the factory returns or resolves to; it gets what `inject` names. `dispose` ends what it made; without it,
   * `Symbol.asyncDispose` or `Symbol.dispose` does.
   */
  | {
      provide: Token<T>;
      // biome-ignore lint/suspicious/noExplicitAny: parameters follow from `inject`, which is a list of any length
      useFactory: (...dependencies: any[]) => T | Promise<T>;
      inject?: readonly Token[];
      dispose?(instance: T): unknown;
    };

export function tokenOf(provider: Provider): Token {
  return typeof provider === 'function' ? provider : provider.provide;
}
