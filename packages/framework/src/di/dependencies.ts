import type { Class } from '../class.ts';
import { injectedTokensOf } from '../decorators/injection.ts';
import { emittedParameterTypes } from '../metadata.ts';
import type { Provider } from './provider.ts';
import type { Token } from './token.ts';

/** What a provider needs before it can be made; `undefined` at a place where nobody said what belongs there. */
export function dependenciesOf(provider: Provider): readonly (Token | undefined)[] {
  if (typeof provider === 'function') return constructorDependencies(provider);
  if ('useClass' in provider) return constructorDependencies(provider.useClass);
  if ('useFactory' in provider) return provider.inject ?? [];
  if ('useExisting' in provider) return [provider.useExisting];
  return [];
}

function constructorDependencies(target: Class): (Token | undefined)[] {
  const emitted = emittedParameterTypes(target) ?? [];
  const byHand = injectedTokensOf(target);
  const count = Math.max(target.length, emitted.length);
  return Array.from({ length: count }, (_, i) => byHand.get(i) ?? classOrNothing(emitted[i]));
}

/** Interfaces, unions and primitives are emitted as these: they name no provider. */
const NO_PROVIDERS: readonly unknown[] = [Object, String, Number, Boolean, Array, Function, Promise];

function classOrNothing(type: unknown): Token | undefined {
  return typeof type === 'function' && !NO_PROVIDERS.includes(type) ? (type as Class) : undefined;
}
