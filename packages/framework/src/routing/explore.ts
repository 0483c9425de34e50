import { typeFromHint } from '../arguments/argument-type.ts';
import type { Parameter } from '../arguments/parameter.ts';
import type { Class } from '../class.ts';
import { type DecoratedParameter, parametersOf } from '../decorators/parameters.ts';
import { spoeMessageOf } from '../decorators/spoe-message.ts';
import { setVarOf, type Variable } from '../decorators/variables.ts';
import type { BootFault } from '../errors.ts';
import { emittedParameterTypes, HANDLE, nameOf } from '../metadata.ts';
import { makeResultWriter, type ResultWriter, variableWriter } from '../variables/write.ts';
import { checkMessageName, checkParameter, isAsyncFunction } from './check-message.ts';
import type { MessageDefinition } from './message-definition.ts';

type Handle = (...values: unknown[]) => unknown;

/** What is known of a controller class whose decorators are in order: its definition lacks only the instance. */
export type ExploredController = (instance: object) => MessageDefinition;

/**
 * Reads what the decorators say of a controller class, once.
 *
 * @param faults gets the mistakes
 * @returns `undefined` where there are mistakes
 */
export function exploreController(controller: Class, faults: BootFault[]): ExploredController | undefined {
  const where = `${nameOf(controller)}.${HANDLE}`;
  const found: BootFault[] = [];
  const message = spoeMessageOf(controller);
  if (message === undefined) {
    const remedy = "put @SpoeMessage('name') on the class, or take it off the controllers";
    found.push({ code: 'SPOA_BOOT_NO_MESSAGE', where: nameOf(controller), problem: 'it has no @SpoeMessage', remedy });
  } else found.push(...checkMessageName(message, nameOf(controller)));
  const handle = (controller.prototype as Partial<Record<string, unknown>>)[HANDLE];
  if (typeof handle !== 'function') {
    const remedy = 'give it a method `handle`';
    found.push({ code: 'SPOA_BOOT_NO_HANDLE', where: nameOf(controller), problem: 'it has no handle method', remedy });
  }
  const parameters = typeof handle === 'function' ? exploreParameters(controller, handle, where, found) : [];
  const variable = setVarOf(controller.prototype as object, HANDLE);
  const writeResult = variable === undefined ? makeResultWriter() : writerOf(variable, where, found);
  faults.push(...found);
  if (found.length > 0 || message === undefined || writeResult === undefined) return undefined;
  return (instance) => ({
    message,
    where,
    parameters,
    handle: handleOf(instance, handle as Handle),
    writeResult,
  });
}

/** The instance's own method: a provider may have put something else in the place of the class. */
function handleOf(instance: { [HANDLE]?: Handle }, handle: Handle): Handle {
  return (instance[HANDLE] ?? handle).bind(instance);
}

function exploreParameters(controller: Class, handle: object, where: string, faults: BootFault[]): Parameter[] {
  const prototype = controller.prototype as object;
  const decorated = parametersOf(prototype, HANDLE);
  const hints = emittedParameterTypes(prototype, HANDLE) ?? [];
  const count = Math.max((handle as Handle).length, hints.length, ...decorated.map(({ index }) => index + 1));
  const isAsync = isAsyncFunction(handle);
  return Array.from({ length: count }, (_, i) => {
    const at = decorated.filter(({ index }) => index === i);
    const here = `${where}, parameter ${i + 1}`;
    const parameter = exploreParameter(at, hints[i], here, faults);
    if (parameter !== undefined) faults.push(...checkParameter(parameter, here, isAsync));
    return parameter ?? { kind: 'context' };
  });
}

function exploreParameter(
  decorated: readonly DecoratedParameter[],
  hint: unknown,
  where: string,
  faults: BootFault[],
): Parameter | undefined {
  const parameter = decorated[0]?.parameter;
  if (parameter === undefined || decorated.length > 1) {
    const problem = parameter === undefined ? 'it has no decorator' : `it has ${decorated.length} decorators`;
    const remedy =
      "say what it gets with one of @Arg('name'), @Args(), @Context(), @EngineId(), @StreamId(), @FrameId()";
    faults.push({ code: 'SPOA_BOOT_PARAMETER', where, problem, remedy });
    return undefined;
  }
  if (parameter.kind !== 'arg' || parameter.type !== undefined || parameter.pipes !== undefined) return parameter;
  const hinted = typeFromHint(hint);
  if (hinted !== null) return hinted === undefined ? parameter : { ...parameter, type: hinted };
  faults.push({
    code: 'SPOA_BOOT_ARGUMENT',
    where,
    problem: `no argument is a ${nameOf(hint as Class)}`,
    remedy: `name the type that HAProxy's value shall be read as: @Arg(${JSON.stringify(parameter.name)}, { type: ... })`,
  });
  return undefined;
}

function writerOf({ scope, name }: Variable, where: string, faults: BootFault[]): ResultWriter | undefined {
  try {
    return variableWriter(scope, name) as ResultWriter;
  } catch (error) {
    const problem = (error as Error).message;
    faults.push({ code: 'SPOA_BOOT_VARIABLE', where, problem, remedy: 'mend the arguments of @SetVar' });
    return undefined;
  }
}
