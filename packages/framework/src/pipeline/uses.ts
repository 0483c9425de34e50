import type { Class } from '../class.ts';
import { usedByClass, usedByMethod } from '../decorators/enhancers.ts';
import { parametersOf } from '../decorators/parameters.ts';
import type { BootFault } from '../errors.ts';
import { HANDLE, nameOf } from '../metadata.ts';
import type { DefinedMessage } from '../routing/define-message.ts';
import { ENHANCER_KINDS, ENHANCERS, type EnhancerKind, type EnhancerOptions, isSchema } from './enhancer.ts';

/** One entry of a list of guards, interceptors, pipes or filters, and where it stands. */
export interface Use {
  readonly kind: EnhancerKind;
  readonly entry: unknown;
  readonly where: string;
  /** The one parameter that a pipe is for. */
  readonly parameter?: number;
}

/** What the application lists for all messages. */
export function globalUses(options: EnhancerOptions): Use[] {
  return listed(options, 'SpoaApplication.create');
}

/** What a controller, its method and its parameters list, in the order in which it stands around the handler. */
export function usesOf(controller: Class | DefinedMessage): Use[] {
  if (typeof controller !== 'function') {
    const where = `message ${controller.message.name}`;
    const { parameters } = controller.outline();
    return [
      ...listed(controller.enhancers, where),
      ...parameters.flatMap((parameter, i) =>
        parameter.kind === 'arg' ? pipes(parameter.pipes, i, `${where}, argument ${parameter.name}`) : [],
      ),
    ];
  }
  const prototype = controller.prototype as object;
  const name = nameOf(controller);
  return [
    ...ENHANCER_KINDS.flatMap((kind) => [
      ...entries(kind, usedByClass(controller, kind), name),
      ...entries(kind, usedByMethod(prototype, kind), `${name}.${HANDLE}`),
    ]),
    ...parametersOf(prototype, HANDLE)
      .toSorted((a, b) => a.index - b.index)
      .flatMap(({ index, parameter }) =>
        parameter.kind === 'arg' ? pipes(parameter.pipes, index, `${name}.${HANDLE}, parameter ${index + 1}`) : [],
      ),
  ];
}

function listed(options: EnhancerOptions, where: string): Use[] {
  return ENHANCER_KINDS.flatMap((kind) => entries(kind, options[kind] ?? [], where));
}

/** Programs that TypeScript does not check may give one where a list belongs. */
function entries(kind: EnhancerKind, list: unknown, where: string): Use[] {
  return (Array.isArray(list) ? list : [list]).map((entry, i) => ({
    kind,
    entry,
    where: `${where}, ${kind}, entry ${i + 1}`,
  }));
}

function pipes(list: readonly unknown[] = [], parameter: number, where: string): Use[] {
  return list.map((entry, i) => ({ kind: 'pipes', entry, where: `${where}, pipe ${i + 1}`, parameter }));
}

/** The class that is to be made, where one is listed. */
export function classOfUse({ entry }: Use): Class | undefined {
  const isClass = typeof entry === 'function' && !isSchema(entry) && typeof entry.prototype === 'object';
  return isClass ? (entry as Class) : undefined;
}

/** What is wrong with what stands in a list; what a class turns out to be is another matter. */
export function useFault(use: Use): BootFault | undefined {
  const { kind, entry } = use;
  if (classOfUse(use) !== undefined) return undefined;
  if (kind === 'pipes' && isSchema(entry)) return schemaFault(use, entry['~standard']);
  if (typeof entry === 'object' && entry !== null) return methodFault(use, entry, 'it');
  const what = entry === undefined || entry === null ? String(entry) : `a ${typeof entry}`;
  const remedy =
    entry === undefined
      ? 'the file that declares it imports this one, perhaps by way of others: move what both need into a file of its own'
      : `list a class with a method ${ENHANCERS[kind].method}, or an instance of one`;
  return fault(use, `it is ${what}`, remedy);
}

/** What is wrong with an instance, or with the prototype of a class. */
export function methodFault(use: Use, instance: unknown, who: string): BootFault | undefined {
  const { name, method } = ENHANCERS[use.kind];
  const has = typeof instance === 'object' && instance !== null && method in instance;
  if (has && typeof (instance as Record<string, unknown>)[method] === 'function') return undefined;
  const schemas = use.kind === 'pipes' ? ', or list a schema of the Standard Schema (zod, valibot, arktype)' : '';
  return fault(use, `${who} is no ${name}: it has no method ${method}`, `give it a method ${method}${schemas}`);
}

function schemaFault(use: Use, standard: unknown): BootFault | undefined {
  const { version, validate } = (standard ?? {}) as { version?: unknown; validate?: unknown };
  if (version === 1 && typeof validate === 'function') return undefined;
  return fault(
    use,
    'it is no Standard Schema of version 1',
    'take a version of the library that speaks Standard Schema',
  );
}

function fault({ where }: Use, problem: string, remedy: string): BootFault {
  return { code: 'SPOA_BOOT_ENHANCER', where, problem, remedy };
}
