import type { NotifyContext } from '@spoa/core';
import { type Binding, bind } from './bind.ts';
import { generateCall } from './generate-call.ts';
import type { Parameter } from './parameter.ts';

export type Handle = (...values: unknown[]) => unknown;

/** Binds the arguments of message number `message` and calls the handler. Throws what either throws. */
export type Call = (notify: NotifyContext, message: number) => unknown;

/** Makes the call of a handler: a generated one, unless Node was told to compile no text. */
export function callHandler(handle: Handle, parameters: readonly Parameter[]): Call {
  try {
    return generateCall(handle, parameters);
  } catch (error) {
    if (error instanceof EvalError) return callWithBindings(handle, parameters);
    throw error;
  }
}

/** The call that needs no generated code. */
export function callWithBindings(handle: Handle, parameters: readonly Parameter[]): Call {
  const bindings = parameters.map(bind);
  return (notify, message) => {
    const values = new Array<unknown>(bindings.length);
    for (let i = 0; i < values.length; i++) values[i] = (bindings[i] as Binding)(notify, message);
    return handle(...values);
  };
}
