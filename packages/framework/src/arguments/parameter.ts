import type { Message, NotifyContext } from '@spoa/core';
import type { ArgumentTypeName } from './argument-type.ts';

/** What HAProxy's side of an argument is generated from. */
export interface ArgumentSample {
  /** The sample expression that fills the argument, such as `src` or `req.hdr(host)`. */
  sample?: string;
}

export interface ArgOptions extends ArgumentSample {
  /** What the handler gets. @default the parameter's own type where the compiler tells it, else the natural type */
  type?: ArgumentTypeName;
  /** `undefined` is fine where HAProxy has nothing to send (the argument is absent, or NULL). @default false */
  optional?: boolean;
  /** What the handler gets where HAProxy has nothing to send. */
  default?: unknown;
}

/** One parameter of a handler: an argument of the message, or something about the NOTIFY. */
export type Parameter =
  /** `pipes`: its own, unchecked. They decide what becomes of it where HAProxy has nothing to send. */
  | ({ kind: 'arg'; name: string | number; pipes?: readonly unknown[] } & ArgOptions)
  | { kind: 'args' | 'context' | 'engineId' | 'streamId' | 'frameId' };

/** What the parameters that are no arguments get. */
export interface ParameterValues {
  args: Message;
  context: NotifyContext;
  engineId: string | undefined;
  streamId: number;
  frameId: number;
}
