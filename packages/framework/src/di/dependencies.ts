import type { Class } from '../class.ts';
import { injectedTokensOf } from '../decorators/injection.ts';
import { emittedConstructorTypes } from '../metadata.ts';
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
  const declaring = declaringClass(target);
  const emitted = emittedConstructorTypes(declaring) ?? [];
  const byHand = injectedTokensOf(declaring);
  const count = Math.max(declaring.length, emitted.length);
  return Array.from({ length: count }, (_, i) => byHand.get(i) ?? classOrNothing(emitted[i]));
}

/** The class whose constructor makes an instance: one without parameters and emitted types passes on what it is given. */
function declaringClass(target: Class): Class {
  const base = Object.getPrototypeOf(target) as Class;
  const passesOn = target.length === 0 && emittedConstructorTypes(target) === undefined && base !== Function.prototype;
  return passesOn ? declaringClass(base) : target;
}

/** Interfaces, unions and primitives are emitted as these: they name no provider. */
const NO_PROVIDERS: readonly unknown[] = [Object, String, Number, Boolean, Array, Function, Promise];

function classOrNothing(type: unknown): Token | undefined {
  return typeof type === 'function' && !NO_PROVIDERS.includes(type) ? (type as Class) : undefined;
}
