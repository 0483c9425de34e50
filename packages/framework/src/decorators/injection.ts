import { inject, injectable } from 'tsyringe';
import type { Class } from '../class.ts';
import type { ProviderScope } from '../di/scope.ts';
import type { Token } from '../di/token.ts';
import { FrameworkError } from '../errors.ts';
import { describeMember, MetadataKey } from '../metadata.ts';

export interface InjectableOptions {
  /** @default 'singleton', or what its dependencies need where that is narrower */
  scope?: ProviderScope;
}

/** What decorators say of one parameter of a constructor. */
export interface Injected {
  readonly token?: Token | undefined;
  readonly optional?: boolean | undefined;
}

/** Where tsyringe's `@inject` leaves its tokens (its `INJECTION_TOKEN_METADATA_KEY`, which it does not export). */
const TSYRINGE_TOKENS = 'injectionTokens';
const OPTIONAL = new MetadataKey<ReadonlySet<number>>('optional');
const SCOPE = new MetadataKey<ProviderScope>('scope');

/** What decorators, ours and tsyringe's, say of the parameters of a constructor, by position. */
export function injectedInto(target: Class): ReadonlyMap<number, Injected> {
  const tokens = (Reflect.getOwnMetadata(TSYRINGE_TOKENS, target) ?? {}) as Record<string, TsyringeToken>;
  const injected = new Map<number, Injected>();
  for (const position of OPTIONAL.ownOfClass(target) ?? []) injected.set(position, { optional: true });
  for (const [key, { token, isOptional, multiple }] of Object.entries(tokens)) {
    // `@injectAll`: one token stands for one thing here.
    if (multiple === true) continue;
    const position = Number(key);
    injected.set(position, { token, optional: isOptional ?? injected.get(position)?.optional });
  }
  return injected;
}

interface TsyringeToken {
  readonly token: Token;
  readonly isOptional?: boolean;
  readonly multiple?: boolean;
}

/** What the class, or one that it extends, asks for. */
export function scopeOf(target: Class): ProviderScope | undefined {
  return SCOPE.ofClass(target);
}

/** Makes a class a service: what its constructor takes is given to it. */
export function Injectable({ scope = 'singleton' }: InjectableOptions = {}) {
  return <T extends Class>(target: T): void => {
    SCOPE.setOnClass(target, scope);
    injectable()(target);
  };
}

/** Names what a constructor parameter gets, where its type alone does not say it (an interface, a value). */
export function Inject(token: Token): ParameterDecorator {
  return (target, method, index) => {
    checkConstructor('Inject', target, method);
    inject(token as string)(target, method, index);
  };
}

/** Gives a constructor parameter `undefined` where nothing provides what it asks for. */
export function Optional(): ParameterDecorator {
  return (target, method, index) => {
    checkConstructor('Optional', target, method);
    OPTIONAL.setOnClass(target, new Set([...(OPTIONAL.ownOfClass(target) ?? []), index]));
  };
}

function checkConstructor(name: string, target: object, method: string | symbol | undefined): void {
  if (typeof target === 'function' && method === undefined) return;
  const problem = `@${name} stands on ${describeMember(target, method)}: it belongs on a parameter of a constructor`;
  throw new FrameworkError('SPOA_DECORATOR_MISUSED', problem);
}
