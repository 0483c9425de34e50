import type { Class } from '../class.ts';
import { injectedInto } from '../decorators/injection.ts';
import { emittedConstructorTypes } from '../metadata.ts';
import { classOf, type Injection, isFactory, type Provider } from './provider.ts';
import type { Token } from './token.ts';

/** Something that a provider needs before it can be made. */
export interface Dependency {
  /** `undefined` where nobody said what belongs there. */
  readonly token: Token | undefined;
  /** `undefined` will do. */
  readonly optional: boolean;
  /** Where it is asked for: `constructor parameter 1`. */
  readonly place: string;
}

export function dependenciesOf(provider: Provider): readonly Dependency[] {
  const target = classOf(provider);
  if (target !== undefined) return constructorDependencies(target);
  if (isFactory(provider)) return (provider.inject ?? []).map(injection);
  if (typeof provider !== 'function' && 'useExisting' in provider) {
    return [{ token: provider.useExisting, optional: false, place: 'useExisting' }];
  }
  return [];
}

function injection(injected: Injection, position: number): Dependency {
  const place = `inject, entry ${position + 1}`;
  if (typeof injected === 'object' && injected !== null) return { ...injected, place };
  return { token: injected, optional: false, place };
}

function constructorDependencies(target: Class): Dependency[] {
  const declaring = declaringClass(target);
  const emitted = emittedConstructorTypes(declaring) ?? [];
  const injected = injectedInto(declaring);
  const count = Math.max(declaring.length, emitted.length);
  return Array.from({ length: count }, (_, i) => {
    const { token = classOrNothing(emitted[i]), optional = false } = injected.get(i) ?? {};
    return { token, optional, place: `constructor parameter ${i + 1}` };
  });
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
