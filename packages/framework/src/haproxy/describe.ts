import type { Scope } from '@spoa/core';
import type { Parameter } from '../arguments/parameter.ts';
import type { Class } from '../class.ts';
import { type SpoeMessageMetadata, spoeMessageOf } from '../decorators/spoe-message.ts';
import { setVarOf } from '../decorators/variables.ts';
import { BootError, type BootFault } from '../errors.ts';
import { emittedReturnType, HANDLE, nameOf } from '../metadata.ts';
import type { FailurePolicy } from '../pipeline/failure-policy.ts';
import { usesOf } from '../pipeline/uses.ts';
import { DefinedMessage } from '../routing/define-message.ts';
import { exploreController } from '../routing/explore.ts';
import { resultProperties } from '../variables/result-class.ts';
import type { ArgumentDescription, MessageDescription, VariableDescription } from './description.ts';

export interface DescribeOptions {
  /** The application's own, for messages that do not say it themselves. */
  readonly failurePolicy?: FailurePolicy;
}

/**
 * What controllers say of HAProxy's side, as plain data.
 *
 * Variables are known from `@SetVar`, from `vars` of `defineMessage`, from a result class that the compiler tells or that
 * `@SpoeMessage` names with `returns`, and from what is set where a message fails. Any other handler is `open`, as is one that
 * takes the context, or has filters. What guards, interceptors and filters read of a message is not known: it takes all then.
 *
 * @throws BootError (SPOA_BOOT_FAILED) with all mistakes of the decorators at once
 */
export function describeMessages(
  controllers: readonly (Class | DefinedMessage)[],
  { failurePolicy = {} }: DescribeOptions = {},
): MessageDescription[] {
  const faults: BootFault[] = [];
  const messages = controllers.flatMap((controller) => {
    const found = controller instanceof DefinedMessage ? ofDefined(controller, faults) : ofClass(controller, faults);
    return found === undefined ? [] : [withEnhancers(describe(found, failurePolicy), controller)];
  });
  if (faults.length > 0) throw new BootError(faults);
  return messages;
}

function withEnhancers(described: MessageDescription, controller: Class | DefinedMessage): MessageDescription {
  const kinds = new Set(usesOf(controller).map(({ kind }) => kind));
  const reads = kinds.has('guards') || kinds.has('interceptors') || kinds.has('filters');
  return { ...described, takesAll: described.takesAll || reads, open: described.open || kinds.has('filters') };
}

/** What is known of a message, of either form. */
interface Found {
  readonly message: SpoeMessageMetadata;
  readonly handler: string;
  readonly parameters: readonly Parameter[];
  readonly result: Result;
}

interface Result {
  readonly variables: readonly VariableDescription[];
  /** Whether there may be more. */
  readonly open: boolean;
}

function ofDefined({ message, define, outline }: DefinedMessage, faults: BootFault[]): Found | undefined {
  if (define(faults) === undefined) return undefined;
  const { parameters, variables } = outline();
  return { message, handler: `message ${message.name}`, parameters, result: { variables, open: false } };
}

function ofClass(controller: Class, faults: BootFault[]): Found | undefined {
  const explored = exploreController(controller, faults);
  const message = spoeMessageOf(controller);
  if (explored === undefined || message === undefined) return undefined;
  const prototype = controller.prototype as object;
  // The parameters need no instance: the class's own method stands in for it.
  const { parameters } = explored(prototype);
  return { message, handler: nameOf(controller), parameters, result: resultOf(prototype, message) };
}

function resultOf(prototype: object, { returns }: SpoeMessageMetadata): Result {
  const variable = setVarOf(prototype, HANDLE);
  if (variable !== undefined) return { variables: [variable], open: false };
  const type = returns ?? emittedReturnType(prototype, HANDLE);
  // `void` is emitted as undefined, and so is what a compiler does not tell.
  if (typeof type !== 'function') return { variables: [], open: true };
  const properties = resultProperties(type.prototype as object);
  return { variables: properties, open: properties.length === 0 };
}

function describe({ message, handler, parameters, result }: Found, defaults: FailurePolicy): MessageDescription {
  const { name, event, if: condition, deadlineMs = defaults.deadlineMs } = message;
  const takesContext = parameters.some(({ kind }) => kind === 'context');
  return {
    name,
    handler,
    ...(event !== undefined && { event }),
    ...(condition !== undefined && { condition }),
    arguments: parameters.flatMap(argumentOf),
    takesAll: takesContext || parameters.some(({ kind }) => kind === 'args'),
    variables: distinct([...result.variables, ...failureVariables(message, defaults)]),
    open: result.open || takesContext,
    ...(deadlineMs !== undefined && { deadlineMs }),
  };
}

/** What is set where the message fails. */
function failureVariables(policy: FailurePolicy, defaults: FailurePolicy): VariableDescription[] {
  const { onError, fallback, errorVar } = { ...defaults, ...policy };
  const set = onError === 'empty' || fallback === undefined ? [] : variablesOf(fallback);
  return errorVar === undefined ? set : [...set, errorVar];
}

/** Of a result class, or of variables by scope. */
function variablesOf(result: object): VariableDescription[] {
  const properties = resultProperties(Object.getPrototypeOf(result) as object);
  if (properties.length > 0) return properties;
  return Object.entries(result).flatMap(([scope, variables]) => {
    return Object.keys((variables ?? {}) as object).map((name) => ({ scope: scope as Scope, name }));
  });
}

function distinct(variables: readonly VariableDescription[]): VariableDescription[] {
  const firsts = variables.filter(({ scope, name }, i) => {
    return variables.findIndex((other) => other.scope === scope && other.name === name) === i;
  });
  return firsts.map(({ scope, name }) => ({ scope, name }));
}

function argumentOf(parameter: Parameter): ArgumentDescription[] {
  if (parameter.kind !== 'arg') return [];
  const { name, sample, type, optional, default: fallback } = parameter;
  return [
    {
      name,
      ...(sample !== undefined && { sample }),
      ...(type !== undefined && { type }),
      ...((optional === true || fallback !== undefined) && { optional: true }),
    },
  ];
}
