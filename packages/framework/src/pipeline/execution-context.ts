import { Message, type NotifyContext } from '@spoa/core';
import type { Binding } from '../arguments/bind.ts';
import type { Class } from '../class.ts';

// biome-ignore lint/complexity/noBannedTypes: a method of any shape, for those who look up metadata by it
type Method = Function;

/** What all calls of one handler share. */
export interface HandlerShape {
  readonly messageName: string;
  readonly controller: Class | undefined;
  readonly handler: Method;
  readonly bindings: readonly Binding[];
  /** The parameters that get views of the frame's memory. */
  readonly views: readonly number[];
}

/** One message on its way to its handler: what guards, interceptors and filters are given. */
export class ExecutionContext {
  /** The NOTIFY that the message came with. */
  readonly notify: NotifyContext;
  readonly #shape: HandlerShape;
  readonly #number: number;
  #values: unknown[] | undefined;

  /** @internal */
  constructor(shape: HandlerShape, notify: NotifyContext, number: number) {
    this.notify = notify;
    this.#shape = shape;
    this.#number = number;
  }

  /** As in HAProxy's `spoe-message` section. */
  get messageName(): string {
    return this.#shape.messageName;
  }

  /** The message as HAProxy sent it, also with what the handler does not ask for. Usable until the NOTIFY is answered. */
  get message(): Message {
    return new Message(this.notify.index, this.#number);
  }

  /** The controller; `undefined` for a message made by `defineMessage`. */
  getClass(): Class | undefined {
    return this.#shape.controller;
  }

  /** The method that answers the message, or the function that was given to `defineMessage`. */
  getHandler(): Method {
    return this.#shape.handler;
  }

  /**
   * What the handler's parameters are bound to, before any pipe.
   *
   * @throws SPOA_ARGUMENT_MISSING, SPOA_ARGUMENT_TYPE, SPOA_ARGUMENT_UNSAFE where HAProxy sent something else
   */
  getArgs(): unknown[] {
    if (this.#values === undefined) {
      const { bindings } = this.#shape;
      const values = new Array<unknown>(bindings.length);
      for (let i = 0; i < values.length; i++) values[i] = (bindings[i] as Binding)(this.notify, this.#number);
      this.#values = values;
    }
    return this.#values;
  }

  /** @internal Something waits, and the frame's memory is somebody else's next: what is bound to it is copied while it is there. */
  keepViews(): void {
    if (this.#values !== undefined) this.keepViewsIn(this.#values);
  }

  /** @internal The same for values that pipes have made of them. */
  keepViewsIn(values: unknown[]): void {
    for (const i of this.#shape.views) {
      const value = values[i];
      if (value instanceof Uint8Array) values[i] = Buffer.from(value);
    }
  }
}
