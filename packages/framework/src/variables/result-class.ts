import type { Scope } from '@spoa/core';

/** A property of a result class and the variable that it becomes. */
export interface ResultProperty {
  readonly property: string;
  readonly scope: Scope;
  readonly name: string;
}

/** By the prototype of the class. */
const own = new WeakMap<object, ResultProperty[]>();

export function registerVariable(prototype: object, property: ResultProperty): void {
  const properties = own.get(prototype);
  if (properties === undefined) own.set(prototype, [property]);
  else properties.push(property);
}

/**
 * The variables of a class and of those that it extends, the base first; none where it is no result class. A property that is
 * declared again is the variable that its own class says, and no longer that of the base.
 */
export function resultProperties(prototype: object): ResultProperty[] {
  const here = own.get(prototype) ?? [];
  const base = Object.getPrototypeOf(prototype) as object | null;
  if (base === null) return here;
  return [...resultProperties(base).filter(({ property }) => !here.some((one) => one.property === property)), ...here];
}
