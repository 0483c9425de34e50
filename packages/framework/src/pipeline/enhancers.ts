import type { AbstractClass, Class } from '../class.ts';
import type { InstanceScope } from '../di/instance-scope.ts';
import type { NotifyScopes } from '../di/notify-scopes.ts';
import { classOf } from '../di/provider.ts';
import type { ProviderNode } from '../di/provider-node.ts';
import { BootError, type BootFault } from '../errors.ts';
import { emittedParameterTypes, HANDLE, nameOf } from '../metadata.ts';
import type { ModuleNode } from '../modules/module-node.ts';
import type { Visibility } from '../modules/visibility.ts';
import type { DefinedMessage } from '../routing/define-message.ts';
import type { MessageDefinition } from '../routing/message-definition.ts';
import { caughtBy } from './catch.ts';
import { ENHANCERS, type EnhancerKind, isSchema } from './enhancer.ts';
import type { EnhancerReplacements } from './enhancer-overrides.ts';
import type { ExecutionContext } from './execution-context.ts';
import type { Pipeline } from './pipeline.ts';
import { SchemaPipe } from './pipes.ts';
import { GuardDeniedError } from './refusals.ts';
import { classOfUse, methodFault, type Use, useFault, usesOf } from './uses.ts';

/** What makes and keeps instances. */
interface Makers {
  readonly injector: { get(node: ProviderNode): unknown };
  readonly supplies: { of(node: ProviderNode): (scope: InstanceScope) => unknown };
  readonly scopes: NotifyScopes;
}

/** A use in the module whose providers its class is one of. */
interface Placed extends Use {
  readonly module: ModuleNode;
}

/** Finds what stands around the handlers of an application. */
export class Enhancers {
  readonly #globals: readonly Use[];
  readonly #root: ModuleNode;
  readonly #visibility: Visibility;
  readonly #replacements: EnhancerReplacements;

  /** @param modules the root last */
  constructor(
    globals: readonly Use[],
    modules: readonly ModuleNode[],
    visibility: Visibility,
    replacements: EnhancerReplacements,
  ) {
    this.#globals = globals.map(replacements.replace);
    this.#replacements = replacements;
    this.#root = modules.at(-1) as ModuleNode;
    this.#visibility = visibility;
  }

  /** What is wrong with what is listed, as far as it shows before anything is made. */
  faults(modules: readonly ModuleNode[]): BootFault[] {
    const all = this.#all(modules);
    const faults = all.flatMap((use) => useFault(use) ?? this.#classFault(use) ?? []);
    return [...faults, ...this.#replacements.unused(all)];
  }

  /** Whether one of them is not made once. */
  haveScopes(modules: readonly ModuleNode[]): boolean {
    return this.#all(modules).some((use) => this.#nodesOf(use)[0]?.isMadeOnce === false);
  }

  #all(modules: readonly ModuleNode[]): Placed[] {
    return [
      ...this.#globals.map((use) => ({ ...use, module: this.#root })),
      ...modules.flatMap((module) => module.controllers.flatMap((controller) => this.#usesOf(controller, module))),
    ];
  }

  #usesOf(controller: Class | DefinedMessage, module: ModuleNode): Placed[] {
    return usesOf(controller).map((use) => ({ ...this.#replacements.replace(use), module }));
  }

  #nodesOf(use: Placed): readonly ProviderNode[] {
    const target = classOfUse(use);
    return target === undefined ? [] : this.#visibility.find(use.module, target);
  }

  #classFault(use: Placed): BootFault | undefined {
    const [node, ...others] = this.#nodesOf(use);
    if (node === undefined) return undefined;
    if (others.length > 0) {
      const owners = [node, ...others].map(({ module }) => module.name).join(' and ');
      const problem = `${owners} both give ${node.name} to ${use.module.name}`;
      const remedy = `provide it in ${use.module.name} itself, or import one of them only`;
      return { code: 'SPOA_BOOT_AMBIGUOUS', where: use.where, problem, remedy };
    }
    const { provider } = node;
    const target = classOf(provider);
    if (target !== undefined) return methodFault(use, target.prototype, nameOf(target));
    return typeof provider === 'object' && 'useValue' in provider
      ? methodFault(use, provider.useValue, `what stands for ${node.name}`)
      : undefined;
  }

  /** What stands around one handler, when all that is made once is there; `undefined` where nothing does. @throws BootError */
  around(
    controller: Class | DefinedMessage,
    module: ModuleNode,
    { parameters, message }: MessageDefinition,
    makers: Makers,
  ): Pipeline | undefined {
    const own = this.#usesOf(controller, module);
    const all = [...this.#globals.map((use) => ({ ...use, module: this.#root })), ...own];
    const of = <T>(kind: EnhancerKind, parameter?: number) =>
      all
        .filter((use) => use.kind === kind && use.parameter === parameter)
        .map((use) => ({ use, enhancer: this.#instance(use, makers) as T }));
    const everyPipe = of<Pipeline['pipes'][number]['pipes'][number]>('pipes');
    const metatypes =
      typeof controller === 'function' ? emittedParameterTypes(controller.prototype, HANDLE) : undefined;
    const pipeline: Pipeline = {
      controller: typeof controller === 'function' ? controller : undefined,
      handler: typeof controller === 'function' ? controller.prototype[HANDLE] : controller.handler,
      guards: of<Pipeline['guards'][number]['guard']>('guards').map(({ use, enhancer }) => ({
        guard: enhancer,
        denied: new GuardDeniedError(message.name, this.#nameOf(use)),
      })),
      interceptors: of<Pipeline['interceptors'][number]>('interceptors').map(({ enhancer }) => enhancer),
      pipes: parameters.flatMap((parameter, index) => {
        if (parameter.kind !== 'arg') return [];
        const pipes = [...everyPipe, ...of<(typeof everyPipe)[number]['enhancer']>('pipes', index)];
        const metadata = {
          type: 'arg',
          data: parameter.name,
          metatype: metatypes?.[index],
          message: message.name,
        } as const;
        return pipes.length === 0 ? [] : [{ index, metadata, pipes: pipes.map(({ enhancer }) => enhancer) }];
      }),
      // The nearest first.
      filters: nearestFirst(of<Pipeline['filters'][number]['filter']>('filters')).map(({ use, enhancer }) => ({
        filter: enhancer,
        types: this.#typesOf(use),
      })),
    };
    const { guards, interceptors, pipes, filters } = pipeline;
    return [guards, interceptors, pipes, filters].some(({ length }) => length > 0) ? pipeline : undefined;
  }

  #instance(use: Placed, { injector, supplies, scopes }: Makers): unknown {
    const [node] = this.#nodesOf(use);
    if (node === undefined) return isSchema(use.entry) && use.kind === 'pipes' ? new SchemaPipe(use.entry) : use.entry;
    if (!node.isMadeOnce) {
      const supply = supplies.of(node);
      return standIn(use.kind, (notify, call) => scopes.run(notify, supply, call));
    }
    const instance = injector.get(node);
    const fault = methodFault(use, instance, `what stands for ${node.name}`);
    if (fault !== undefined) throw new BootError([fault]);
    return instance;
  }

  #typesOf(use: Placed): readonly AbstractClass[] {
    const provider = this.#nodesOf(use)[0]?.target.provider;
    const made = provider === undefined ? undefined : classOf(provider);
    return caughtBy(made ?? classOfUse(use) ?? (use.entry as object).constructor);
  }

  #nameOf(use: Placed): string {
    return nameOf(classOfUse(use) ?? ((use.entry as object).constructor as Class));
  }
}

/** Those of the method before those of the class, before those of the application; within each as they are listed. */
function nearestFirst<T extends { readonly use: Use }>(filters: readonly T[]): T[] {
  const places = [...new Set(filters.map(({ use }) => placeOf(use)))].toReversed();
  return places.flatMap((place) => filters.filter(({ use }) => placeOf(use) === place));
}

function placeOf({ where }: Use): string {
  return where.slice(0, where.lastIndexOf(','));
}

type Run = (notify: ExecutionContext['notify'], call: (instance: object) => unknown) => unknown;

/** Stands in for what is made for each NOTIFY or connection. */
function standIn(kind: EnhancerKind, run: Run): object {
  const { method, contextAt } = ENHANCERS[kind];
  return {
    [method]: (...values: unknown[]): unknown =>
      run((values[contextAt] as ExecutionContext).notify, (instance) =>
        (instance as Record<string, (...values: unknown[]) => unknown>)[method]?.(...values),
      ),
  };
}
