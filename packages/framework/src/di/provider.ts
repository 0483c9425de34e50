import type { Class } from '../class.ts';
import type { ProviderScope } from './scope.ts';
import type { Token } from './token.ts';

/** What a factory asks for: a token, or one that may be absent (`undefined` then). */
export type Injection = Token | { readonly token: Token; readonly optional: boolean };

/** A class, or another way to get what a token stands for. Without a `scope` it is made once, at boot. */
export type Provider<T = unknown> =
  | Class
  /** `scope`: that of the class's @Injectable, unless it is given here. */
  | { provide: Token<T>; useClass: Class; scope?: ProviderScope }
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
      inject?: readonly Injection[];
      scope?: ProviderScope;
      dispose?(instance: T): unknown;
    };

export type FactoryProvider = Extract<Provider, { useFactory: unknown }>;

export function tokenOf(provider: Provider): Token {
  return typeof provider === 'function' ? provider : provider.provide;
}

/** The class that is made, where one is. */
export function classOf(provider: Provider): Class | undefined {
  if (typeof provider === 'function') return provider;
  return 'useClass' in provider ? provider.useClass : undefined;
}

export function isFactory(provider: Provider): provider is FactoryProvider {
  return typeof provider !== 'function' && 'useFactory' in provider;
}

/** Makes what the provider stands for, of what it depends on. An alias depends on what it is another name for. */
export function instantiate(provider: Provider, dependencies: readonly unknown[]): unknown {
  if (typeof provider === 'function') return new provider(...dependencies);
  if ('useClass' in provider) return new provider.useClass(...dependencies);
  if ('useValue' in provider) return provider.useValue;
  if ('useExisting' in provider) return dependencies[0];
  return provider.useFactory(...dependencies);
}

/** How something that was made for us ends; `undefined` where it has no end. */
export function disposerOf(provider: Provider, instance: unknown): (() => unknown) | undefined {
  // A value was made elsewhere and an alias is somebody else: neither is ours to end.
  if (classOf(provider) === undefined && !isFactory(provider)) return undefined;
  if (isFactory(provider) && provider.dispose !== undefined) {
    const { dispose } = provider;
    return () => dispose(instance);
  }
  const disposable = instance as Partial<AsyncDisposable & Disposable> | null | undefined;
  const dispose = disposable?.[Symbol.asyncDispose] ?? disposable?.[Symbol.dispose];
  return dispose && (() => dispose.call(disposable));
}
