import { encodeSetVarPrefix, type Scope } from '@spoa/core';
import { FrameworkError } from '../errors.ts';
import { describeMember, HANDLE, MetadataKey } from '../metadata.ts';
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
    if (method !== HANDLE || typeof target === 'function') {
      const problem = `@SetVar stands on ${describeMember(target, method)}: it belongs on the method handle`;
      throw new FrameworkError('SPOA_DECORATOR_MISUSED', problem);
    }
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
  return <Property extends string>(target: { readonly [Name in Property]?: Settable }, property: Property): void => {
    const where = describeMember(target, property);
    if (typeof target === 'function') {
      throw new FrameworkError(
        'SPOA_DECORATOR_MISUSED',
        `@Var stands on ${where}: it belongs on a property of instances`,
      );
    }
    const { name = property } = options;
    checkVariable(scope, name, where);
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
