import type { IpAddress, Scope, Typed, Value, WritableValue } from '@spoa/core';
import type { ArgumentSpec, ArgumentSpecs, ArgumentTypeName, VariableSpec, VariableSpecs } from '@spoa/framework';
import type { DispatchArguments, Variables } from '../in-process.ts';

/*
 * What TypeScript knows of a message. `defineMessage` has its arguments and variables in its type. A controller class has not:
 * their names are what decorators say, which no type tells.
 */

/** What a test gives for an argument of each type. `null` is what HAProxy sends where a sample has nothing. */
interface SendableTypes {
  string: string | Typed;
  latin1: string | Typed;
  number: number | bigint | Typed;
  bigint: number | bigint | Typed;
  boolean: boolean;
  /** Text is read as an address. */
  ip: IpAddress | string | Typed;
  buffer: Uint8Array | string | Typed;
  view: Uint8Array | string | Typed;
  any: WritableValue;
}

type TypeOf<Spec extends ArgumentSpec> = Spec extends ArgumentTypeName
  ? Spec
  : Spec extends { type: infer Type extends ArgumentTypeName }
    ? Type
    : never;

type IsOptional<Spec> = Spec extends { optional: true } | { default: unknown } | { schema: unknown } ? true : false;

type RequiredKeys<Args extends ArgumentSpecs> = {
  [Key in keyof Args]: IsOptional<Args[Key]> extends true ? never : Key;
}[keyof Args];

/** The arguments of a message made by `defineMessage`. */
export type InjectedArguments<Args extends ArgumentSpecs> = string extends keyof Args
  ? Readonly<Record<string, WritableValue | undefined>>
  : { readonly [Key in RequiredKeys<Args>]: SendableTypes[TypeOf<Args[Key]>] } & {
      readonly [Key in Exclude<keyof Args, RequiredKeys<Args>>]?: SendableTypes[TypeOf<Args[Key]>] | null | undefined;
    };

/** What HAProxy reads where a variable is declared to hold one of these. */
interface ReadableTypes {
  number: number | bigint;
  string: string;
  boolean: boolean;
  buffer: Buffer;
  ip: IpAddress;
  any: Value;
}

type ScopeOf<Spec extends VariableSpec> = Spec extends Scope
  ? Spec
  : Spec extends { scope: infer Given extends Scope }
    ? Given
    : never;

type NameOf<Key, Spec> = Spec extends { name: infer Name extends string } ? Name : Key;

type ValueOf<Spec> = Spec extends { type: infer Type extends keyof ReadableTypes } ? ReadableTypes[Type] : Value;

type InScope<Vars extends VariableSpecs, Wanted extends Scope> = {
  readonly [Key in keyof Vars as ScopeOf<Vars[Key]> extends Wanted ? NameOf<Key, Vars[Key]> : never]?: ValueOf<
    Vars[Key]
  > | null;
};

/** What a message made by `defineMessage` sets. A scope that it declares nothing for may have what a failure sets. */
export type InjectedVariables<Vars extends VariableSpecs> = string extends keyof Vars
  ? Variables
  : {
      readonly [Wanted in Scope]?: keyof InScope<Vars, Wanted> extends never
        ? Readonly<Record<string, Value>>
        : InScope<Vars, Wanted>;
    };

/** Which NOTIFY the message comes with. */
export interface InjectOptions {
  /** HAProxy's id of the stream, 0 to 2^53-1. @default 1, 3, 5, ... on each connection, as of HAProxy 3.1 and newer */
  readonly streamId?: number;
  /** 0 to 2^53-1. @default 1 */
  readonly frameId?: number;
}

/** Arguments by name; `undefined` leaves one out. Or a list of names and values, where some have no name or one name twice. */
export type MessageArguments =
  | Readonly<Record<string, WritableValue | undefined>>
  | Extract<DispatchArguments, readonly unknown[]>;

/** What stands behind a message made by `defineMessage`: nothing, where nothing is needed. */
export type InjectedRest<Args extends ArgumentSpecs> =
  Record<never, never> extends InjectedArguments<Args>
    ? [args?: InjectedArguments<Args>, options?: InjectOptions]
    : [args: InjectedArguments<Args>, options?: InjectOptions];
