import type { Class } from './class.ts';

/** The method of a controller that answers its message. */
export const HANDLE = 'handle';

/** Metadata that our decorators leave on classes and methods: read once, at boot. */
export class MetadataKey<T> {
  readonly #key: symbol;

  constructor(name: string) {
    this.#key = Symbol(`spoa:${name}`);
  }

  ofClass(target: object): T | undefined {
    return Reflect.getMetadata(this.#key, target) as T | undefined;
  }

  ofMethod(prototype: object, method: string | symbol): T | undefined {
    return Reflect.getMetadata(this.#key, prototype, method) as T | undefined;
  }

  /** What stands on the method of this very class, not on the one that it overrides. */
  ownOfMethod(prototype: object, method: string | symbol): T | undefined {
    return Reflect.getOwnMetadata(this.#key, prototype, method) as T | undefined;
  }

  /** What stands on this very class, not on one that it extends. */
  ownOfClass(target: object): T | undefined {
    return Reflect.getOwnMetadata(this.#key, target) as T | undefined;
  }

  setOnClass(target: object, value: T): void {
    Reflect.defineMetadata(this.#key, value, target);
  }

  setOnMethod(prototype: object, method: string | symbol, value: T): void {
    Reflect.defineMetadata(this.#key, value, prototype, method);
  }
}

/*
 * The types that the compiler emitted: hints, for compilers differ on aliases, unions and cycles.
 */

export function emittedParameterTypes(prototype: object, method: string): readonly unknown[] | undefined {
  return Reflect.getMetadata('design:paramtypes', prototype, method) as unknown[] | undefined;
}

/** `undefined` for `void` too, and where nothing was written. */
export function emittedReturnType(prototype: object, method: string): unknown {
  return Reflect.getMetadata('design:returntype', prototype, method);
}

/** Of the constructor that stands in this very class. */
export function emittedConstructorTypes(target: object): readonly unknown[] | undefined {
  return Reflect.getOwnMetadata('design:paramtypes', target) as unknown[] | undefined;
}

export function nameOf(target: Class | undefined): string {
  return target?.name || '(anonymous class)';
}

/** What a decorator stands on, in words: `IpController.handle`, `the static IpController.handle`, `the constructor of IpController`. */
export function describeMember(target: object, member: string | symbol | undefined): string {
  const isStatic = typeof target === 'function';
  const className = nameOf((isStatic ? target : target.constructor) as Class);
  if (member === undefined) return `the constructor of ${className}`;
  return `${isStatic ? 'the static ' : ''}${className}.${String(member)}`;
}
