import type { Scope, WritableValue } from '@spoa/core';

/** What a variable can be set to: `null` unsets it, `undefined` leaves it alone. */
export type Settable = WritableValue | undefined;

/** Variables by scope, as a handler may return them. */
export type VariablesByScope = { readonly [scope in Scope]?: Readonly<Record<string, Settable>> };
