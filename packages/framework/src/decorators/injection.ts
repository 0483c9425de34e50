import { inject, injectable } from 'tsyringe';
import type { Class } from '../class.ts';
import type { Token } from '../di/token.ts';
import { FrameworkError } from '../errors.ts';
import { describeMember, MetadataKey } from '../metadata.ts';

const TOKENS = new MetadataKey<ReadonlyMap<number, Token>>('inject');

/** The tokens given by hand for the parameters of a constructor. */
export function injectedTokensOf(target: Class): ReadonlyMap<number, Token> {
  return TOKENS.ownOfClass(target) ?? new Map();
}

/** Makes a class a service: what its constructor takes is given to it. */
export function Injectable() {
  return <T extends Class>(target: T): void => {
    injectable()(target);
  };
}

/** Names what a constructor parameter gets, where its type alone does not say it (an interface, a value). */
export function Inject(token: Token): ParameterDecorator {
  return (target, method, index) => {
    if (typeof target !== 'function' || method !== undefined) {
      const problem = `@Inject stands on ${describeMember(target, method)}: it belongs on a parameter of a constructor`;
      throw new FrameworkError('SPOA_DECORATOR_MISUSED', problem);
    }
    TOKENS.setOnClass(target, new Map([...(TOKENS.ownOfClass(target) ?? []), [index, token]]));
    inject(token as string)(target, method, index);
  };
}
