import { encodeSetVarPrefix, type Scope } from '@spoa/core';
import type { Class } from '../class.ts';
import { FrameworkError } from '../errors.ts';
import { MetadataKey, nameOf } from '../metadata.ts';
import { registerVariable } from '../variables/result-class.ts';
import type { Settable } from '../variables/settable.ts';

export interface Variable {
  /** Without scope and prefix, which HAProxy's rules put before it. */
  readonly name: string;
  readonly scope: Scope;
}

const SET_VAR = new MetadataKey<Variable>('set-var');

export function setVarOf(prototype: object, method: string): Variable | undefined {
  return SET_VAR.ofMethod(prototype, method);
}

/**
 * What the method returns becomes one variable.
 *
 * @example
 * \@SetVar('ip_score', { scope: 'session' })
 * handle(@Arg('ip') ip: IpAddress): number
 */
export function SetVar(name: string, options: { scope: Scope }) {
  return <Args extends never[], Result extends Settable | Promise<Settable>>(
    target: object,
    method: string,
    _descriptor: TypedPropertyDescriptor<(...args: Args) => Result>,
  ): void => {
    SET_VAR.setOnMethod(target, method, { name, scope: options.scope });
  };
}

/**
 * Makes a property of a result class a variable of the given scope, by default of the property's name.
 *
 * @throws SPOA_DECORATOR_MISUSED for a name or scope that HAProxy would refuse
 *
 * @example
 * class Verdict {
 *   \@Var('session') ip_score!: number;
 *   \@Var('transaction', { name: 'ip_list' }) list?: string;
 * }
 */
export function Var(scope: Scope, options: { name?: string } = {}) {
  return (target: object, property: string): void => {
    if (typeof target === 'function') {
      throw new FrameworkError('SPOA_DECORATOR_MISUSED', `@Var stands on the static property ${property}`);
    }
    const { name = property } = options;
    checkVariable(scope, name, `${nameOf(target.constructor as Class)}.${property}`);
    registerVariable(target, { property, scope, name });
  };
}

/** Here and not at boot: which classes a handler returns shows only when it does. */
function checkVariable(scope: Scope, name: string, where: string): void {
  try {
    encodeSetVarPrefix(scope, name);
  } catch (cause) {
    throw new FrameworkError('SPOA_DECORATOR_MISUSED', `@Var on ${where}: ${(cause as Error).message}`, { cause });
  }
}
