import type { Parameter } from '../arguments/parameter.ts';
import type { Class } from '../class.ts';
import { type SpoeMessageMetadata, spoeMessageOf } from '../decorators/spoe-message.ts';
import { setVarOf } from '../decorators/variables.ts';
import { BootError, type BootFault } from '../errors.ts';
import { emittedReturnType, HANDLE, nameOf } from '../metadata.ts';
import { DefinedMessage } from '../routing/define-message.ts';
import { exploreController } from '../routing/explore.ts';
import { resultProperties } from '../variables/result-class.ts';
import type { ArgumentDescription, MessageDescription, VariableDescription } from './description.ts';

/**
 * What controllers say of HAProxy's side, as plain data.
 *
 * Variables are known from `@SetVar`, from `vars` of `defineMessage`, and from a result class that the compiler tells or that
 * `@SpoeMessage` names with `returns`. Any other handler is `open`, as is one that takes the context.
 *
 * @throws BootError (SPOA_BOOT_FAILED) with all mistakes of the decorators at once
 */
export function describeMessages(controllers: readonly (Class | DefinedMessage)[]): MessageDescription[] {
  const faults: BootFault[] = [];
  const messages = controllers.flatMap((controller) => {
    const message = controller instanceof DefinedMessage ? ofDefined(controller, faults) : ofClass(controller, faults);
    return message === undefined ? [] : [message];
  });
  if (faults.length > 0) throw new BootError(faults);
  return messages;
}

function ofDefined({ message, define, outline }: DefinedMessage, faults: BootFault[]): MessageDescription | undefined {
  if (define(faults) === undefined) return undefined;
  const { parameters, variables } = outline();
  return describe(message, `message ${message.name}`, parameters, { variables, open: false });
}

function ofClass(controller: Class, faults: BootFault[]): MessageDescription | undefined {
  const explored = exploreController(controller, faults);
  const message = spoeMessageOf(controller);
  if (explored === undefined || message === undefined) return undefined;
  const prototype = controller.prototype as object;
  // The parameters need no instance: the class's own method stands in for it.
  const { parameters } = explored(prototype);
  return describe(message, nameOf(controller), parameters, resultOf(prototype, message));
}

interface Result {
  readonly variables: readonly VariableDescription[];
  /** Whether there may be more. */
  readonly open: boolean;
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

function describe(
  { name, event, if: condition, ...rest }: SpoeMessageMetadata & { readonly deadlineMs?: number },
  handler: string,
  parameters: readonly Parameter[],
  { variables, open }: Result,
): MessageDescription {
  const takesContext = parameters.some(({ kind }) => kind === 'context');
  return {
    name,
    handler,
    ...(event !== undefined && { event }),
    ...(condition !== undefined && { condition }),
    arguments: parameters.flatMap(argumentOf),
    takesAll: takesContext || parameters.some(({ kind }) => kind === 'args'),
    variables: variables.map((variable) => ({ scope: variable.scope, name: variable.name })),
    open: open || takesContext,
    ...(rest.deadlineMs !== undefined && { deadlineMs: rest.deadlineMs }),
  };
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
