import type { Scope } from '@spoa/core';

/** A property of a result class and the variable that it becomes. */
export interface ResultProperty {
  readonly property: string;
  readonly scope: Scope;
  readonly name: string;
}

const own = new WeakMap<object, ResultProperty[]>();

export function registerVariable(resultClass: object, property: ResultProperty): void {
  const properties = own.get(resultClass);
  if (properties === undefined) own.set(resultClass, [property]);
  else properties.push(property);
}

/** The variables of a class and of those that it extends, the base first; none where it is no result class. */
export function resultProperties(resultClass: object): ResultProperty[] {
  const base = Object.getPrototypeOf(resultClass) as object | null;
  return [...(base === null ? [] : resultProperties(base)), ...(own.get(resultClass) ?? [])];
}
