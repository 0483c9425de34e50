import type { AbstractClass, Class } from '../class.ts';
import { FrameworkError } from '../errors.ts';
import { MetadataKey, nameOf } from '../metadata.ts';

const CATCH = new MetadataKey<readonly AbstractClass[]>('catch');

/** What a filter of this class is for; none stands for everything. */
export function caughtBy(filter: object): readonly AbstractClass[] {
  return CATCH.ofClass(filter) ?? [];
}

/**
 * Names the errors that an exception filter is for, by their classes. Without any it is for everything that is thrown.
 *
 * @example
 * \@Catch(DatabaseError)
 * class DatabaseFilter implements ExceptionFilter {
 *   catch(): VariablesByScope {
 *     return { session: { ip_score: 50 } };
 *   }
 * }
 */
export function Catch(...types: readonly AbstractClass[]) {
  return <T extends Class>(target: T): void => {
    for (const [i, type] of types.entries()) {
      if (typeof type === 'function') continue;
      throw new FrameworkError('SPOA_DECORATOR_MISUSED', `@Catch on ${nameOf(target)}: entry ${i + 1} is no class`);
    }
    CATCH.setOnClass(target, types);
  };
}
