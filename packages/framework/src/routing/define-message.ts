import type { NotifyContext, Scope } from '@spoa/core';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { ArgumentTypeName, ArgumentTypes } from '../arguments/argument-type.ts';
import type { ArgumentSample, Parameter } from '../arguments/parameter.ts';
import type { SpoeMessageMetadata, SpoeMessageOptions } from '../decorators/spoe-message.ts';
import type { Variable } from '../decorators/variables.ts';
import type { BootFault } from '../errors.ts';
import type { EnhancerOptions } from '../pipeline/enhancer.ts';
import type { Settable } from '../variables/settable.ts';
import { isObject, notVariables, type ResultWriter, variableWriter } from '../variables/write.ts';
import { checkMessageName, checkParameter, isAsyncFunction } from './check-message.ts';
import type { MessageDefinition } from './message-definition.ts';

/** An argument of a message: its type, or its type with more. Its name in HAProxy's message is the key, or `name`. */
export type ArgumentSpec =
  | ArgumentTypeName
  | ({
      type: ArgumentTypeName;
      /** The name, or the position (from 0) of an argument without one. @default the key */
      name?: string | number;
      optional?: boolean;
      default?: unknown;
      /** Checks and transforms it; where HAProxy has nothing to send, it gets `undefined`, or the default. */
      schema?: StandardSchemaV1;
    } & ArgumentSample);

type SpecType<Spec extends ArgumentSpec> = Spec extends ArgumentTypeName
  ? Spec
  : Spec extends { type: infer Type extends ArgumentTypeName }
    ? Type
    : never;

/** What the handler gets for an argument: `undefined` only where it may be optional and has no default. */
export type ArgumentValue<Spec extends ArgumentSpec> = Spec extends { schema: infer Schema extends StandardSchemaV1 }
  ? StandardSchemaV1.InferOutput<Schema>
  : ArgumentTypes[SpecType<Spec>] | AbsentValue<Spec>;

type AbsentValue<Spec extends ArgumentSpec> = Spec extends { default: infer Default }
  ? Default
  : Spec extends { optional: infer Optional }
    ? Optional extends false
      ? never
      : undefined
    : never;

/** What variables can be declared to hold. */
export interface VariableTypes {
  number: number | bigint;
  string: string;
  boolean: boolean;
  buffer: Uint8Array;
  ip: ArgumentTypes['ip'];
  any: Exclude<Settable, null | undefined>;
}

export type VariableTypeName = keyof VariableTypes;

/** A variable: its scope, or its scope and what it holds. Its name is the key, or `name`. */
export type VariableSpec = Scope | { scope: Scope; type?: VariableTypeName; name?: string };

type VariableValue<Spec extends VariableSpec> = Spec extends { type: infer Type extends VariableTypeName }
  ? VariableTypes[Type]
  : VariableTypes['any'];

/** What the handler returns: any of the variables; `null` unsets one, `undefined` leaves it alone. */
export type VariableValues<Vars extends Record<string, VariableSpec>> = {
  readonly [Name in keyof Vars]?: VariableValue<Vars[Name]> | null | undefined;
};

type ArgumentValues<Args extends Record<string, ArgumentSpec>> = {
  readonly [Name in keyof Args]: ArgumentValue<Args[Name]>;
};

// biome-ignore lint/suspicious/noConfusingVoidType: a handler that only looks at the message returns nothing
type HandlerResult<Vars extends Record<string, VariableSpec>> = VariableValues<Vars> | undefined | void;

/** Refuses what is no variable of the message: TypeScript finds no fault with a misspelled name beside a right one. */
type OnlyVariables<Returned, Vars> =
  Returned extends PromiseLike<infer Result>
    ? Promise<OnlyVariables<Result, Vars>>
    : Returned extends object
      ? { readonly [Name in keyof Returned]: Name extends keyof Vars ? Returned[Name] : never }
      : Returned;

export interface MessageSpec<
  Args extends Record<string, ArgumentSpec>,
  Vars extends Record<string, VariableSpec>,
  Returned = HandlerResult<Vars> | Promise<HandlerResult<Vars>>,
> extends SpoeMessageOptions,
    EnhancerOptions {
  /** As in HAProxy's `spoe-message` section. */
  name: string;
  args?: Args;
  vars?: Vars;
  /** Answers the message. What it returns, or resolves to, is any of the variables. It is called without `this`. */
  handle(this: void, args: ArgumentValues<Args>, notify: NotifyContext): Returned & OnlyVariables<Returned, Vars>;
}

/** What the specification of a message says of HAProxy's side. */
export interface MessageOutline {
  readonly parameters: readonly Parameter[];
  readonly variables: readonly Variable[];
}

/** By the keys under which the handler knows them. */
export type ArgumentSpecs = Readonly<Record<string, ArgumentSpec>>;
export type VariableSpecs = Readonly<Record<string, VariableSpec>>;

/** What a message without a class is made of. */
interface DefinedParts<Args, Vars>
  extends Pick<DefinedMessage, 'message' | 'handler' | 'enhancers' | 'outline' | 'define'> {
  readonly args: Args;
  readonly vars: Vars;
}

/** A message without a class. */
export class DefinedMessage<Args extends ArgumentSpecs = ArgumentSpecs, Vars extends VariableSpecs = VariableSpecs> {
  readonly message: SpoeMessageMetadata;
  /** As they were specified. */
  readonly args: Args;
  readonly vars: Vars;
  /** @internal The function itself, as it was given. */
  readonly handler: (...values: never[]) => unknown;
  /** @internal */
  readonly enhancers: EnhancerOptions;
  /** @internal */
  readonly outline: () => MessageOutline;
  /** @internal */
  readonly define: (faults: BootFault[]) => MessageDefinition | undefined;

  /** @internal */
  constructor({ message, args, vars, handler, enhancers, outline, define }: DefinedParts<Args, Vars>) {
    this.message = message;
    this.args = args;
    this.vars = vars;
    this.handler = handler;
    this.enhancers = enhancers;
    this.outline = outline;
    this.define = define;
  }
}

/**
 * The handler of a message as a function. The types of its arguments and of what it may return follow from `args` and `vars`.
 *
 * @example
 * defineMessage({
 *   name: 'get-ip-reputation',
 *   args: { ip: 'ip' },
 *   vars: { ip_score: { scope: 'session', type: 'number' } },
 *   handle: ({ ip }) => ({ ip_score: score(ip) }),
 * });
 */
export function defineMessage<
  const Args extends Record<string, ArgumentSpec> = Record<never, never>,
  const Vars extends Record<string, VariableSpec> = Record<never, never>,
  Returned extends HandlerResult<Vars> | Promise<HandlerResult<Vars>> = HandlerResult<Vars>,
>(spec: MessageSpec<Args, Vars, Returned>): DefinedMessage<Args, Vars> {
  const { args = {} as Args, vars = {} as Vars, handle, guards, interceptors, pipes, filters, ...message } = spec;
  const enhancers = {
    guards: guards ?? [],
    interceptors: interceptors ?? [],
    pipes: pipes ?? [],
    filters: filters ?? [],
  };
  const where = `message ${message.name}`;
  const keys = Object.keys(args);
  const parameters = keys.map((key) => toParameter(key, args[key] as ArgumentSpec));
  const outline = (): MessageOutline => ({
    // A handler that does not take the context reads and sets nothing but what is specified.
    parameters: handle.length > 1 ? [...parameters, { kind: 'context' }] : parameters,
    variables: Object.entries<VariableSpec>(vars).map(([key, one]) => toVariable(key, one)),
  });
  const define = (faults: BootFault[]): MessageDefinition | undefined => {
    const found = checkMessageName(message, where);
    const isAsync = isAsyncFunction(handle);
    for (const [i, parameter] of parameters.entries()) {
      const key = keys[i] as string;
      const here = `${where}, argument ${key}`;
      found.push(...checkKey(key, here), ...checkParameter(parameter, here, isAsync));
    }
    const writeResult = resultWriter(vars, where, found);
    faults.push(...found);
    if (found.length > 0) return undefined;
    const call = callWithObject(keys, handle as unknown as ObjectHandle);
    return { message, where, parameters: [...parameters, { kind: 'context' }], handle: call, writeResult };
  };
  return new DefinedMessage({ message, args, vars, handler: handle, enhancers, outline, define });
}

type ObjectHandle = (args: Record<string, unknown>, notify: NotifyContext) => unknown;

function toParameter(key: string, spec: ArgumentSpec): Parameter {
  if (typeof spec === 'string') return { kind: 'arg', name: key, type: spec };
  const { schema, ...options } = spec;
  return { kind: 'arg', name: key, ...options, ...('schema' in spec && { pipes: [schema] }) };
}

function toVariable(key: string, spec: VariableSpec): Variable {
  return typeof spec === 'string' ? { scope: spec, name: key } : { scope: spec.scope, name: spec.name ?? key };
}

/** The one name that no property of an ordinary object can have. */
function checkKey(key: string, where: string): BootFault[] {
  if (key !== '__proto__') return [];
  const remedy = "use another key, and name: '__proto__' for the name in HAProxy's message";
  return [{ code: 'SPOA_BOOT_ARGUMENT', where, problem: 'its key cannot be __proto__', remedy }];
}

/** The keys are the program's own, from the specification of the message, not names that came with it. */
function callWithObject(keys: readonly string[], handle: ObjectHandle): (...values: unknown[]) => unknown {
  const context = keys.length;
  return (...values) => {
    const args: Record<string, unknown> = {};
    for (let i = 0; i < context; i++) args[keys[i] as string] = values[i];
    return handle(args, values[context] as NotifyContext);
  };
}

function resultWriter(vars: Record<string, VariableSpec>, where: string, faults: BootFault[]): ResultWriter {
  const variables = Object.entries(vars).flatMap(([key, spec]) => {
    const { scope, name } = toVariable(key, spec);
    try {
      return [{ key, isInherited: key in Object.prototype, write: variableWriter(scope, name) }];
    } catch (error) {
      const problem = (error as Error).message;
      faults.push({
        code: 'SPOA_BOOT_VARIABLE',
        where: `${where}, variable ${key}`,
        problem,
        remedy: 'mend its entry in vars',
      });
      return [];
    }
  });
  if (variables.length === 0) return () => undefined;
  return (notify, result) => {
    if (result === undefined || result === null) return;
    if (!isObject(result)) throw notVariables(result);
    for (const { key, isInherited, write } of variables) {
      // Every object has a `constructor`: it is no value that the handler gave.
      if (!isInherited || Object.hasOwn(result, key)) write(notify, (result as Record<string, Settable>)[key]);
    }
  };
}
