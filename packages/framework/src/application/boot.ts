import type { Class } from '../class.ts';
import { spoeMessageOf } from '../decorators/spoe-message.ts';
import { linkProviders } from '../di/link.ts';
import type { ProviderNode } from '../di/provider-node.ts';
import { BootError, type BootFault } from '../errors.ts';
import { loggingModule } from '../logging/logging-module.ts';
import { HANDLE, nameOf } from '../metadata.ts';
import { BUILT_IN } from '../modules/built-in.ts';
import type { ModuleNode } from '../modules/module-node.ts';
import { ModuleScanner } from '../modules/scan.ts';
import { Visibility } from '../modules/visibility.ts';
import { EnhancerReplacements } from '../pipeline/enhancer-overrides.ts';
import { Enhancers } from '../pipeline/enhancers.ts';
import { type CompiledPolicy, compilePolicy } from '../pipeline/failure-policy.ts';
import { classOfUse, globalUses, usesOf } from '../pipeline/uses.ts';
import type { DefinedMessage } from '../routing/define-message.ts';
import { type ExploredController, exploreController } from '../routing/explore.ts';
import type { MessageDefinition } from '../routing/message-definition.ts';
import { definePerNotify } from '../routing/per-notify.ts';
import type { Providers } from './providers.ts';
import type { Given } from './settings.ts';

/** An application whose modules, providers and controllers are in order; nothing is made yet. */
export interface Blueprint {
  /** The root last. */
  readonly modules: readonly ModuleNode[];
  readonly visibility: Visibility;
  readonly definers: readonly Definer[];
  readonly enhancers: Enhancers;
}

/** Whether a controller, or what stands around one, is not made once, so that instances come and go with NOTIFYs. */
export function hasScopes({ modules, enhancers }: Blueprint): boolean {
  const isNarrow = ({ controllers, providers }: ModuleNode): boolean =>
    controllers.some((one) => typeof one === 'function' && providers.get(one)?.isMadeOnce === false);
  return modules.some(isNarrow) || enhancers.haveScopes(modules);
}

/** Makes a message's definition once the providers are there. */
export type Definer = (providers: Providers) => MessageDefinition;

/** Checks everything that can be checked before anything is made. @throws BootError with all mistakes at once */
export async function plan(all: Given): Promise<Blueprint> {
  const { root, overrides, enhancerOverrides, failurePolicy, enhancers: given, logs } = all;
  const faults: BootFault[] = [];
  const globals = globalUses(given);
  const replacements = new EnhancerReplacements(enhancerOverrides, faults);
  const scanner = new ModuleScanner(overrides, faults, replacements.providers);
  const scanned = await scanner.scan(root, ({ controllers }, isRoot) => {
    const uses = [...(isRoot ? globals : []), ...controllers.flatMap(usesOf)];
    return uses.flatMap((use) => classOfUse(replacements.replace(use)) ?? []);
  });
  const modules = [BUILT_IN, loggingModule(logs), ...scanned];
  const visibility = new Visibility(modules);
  const enhancers = new Enhancers(globals, modules, visibility, replacements);
  const policy = compilePolicy(failurePolicy, 'SpoaApplication.create, failurePolicy', faults);
  const definers = modules.flatMap((module) => exploreModule(module, enhancers, policy, faults));
  faults.push(...enhancers.faults(modules), ...linkProviders(modules, visibility), ...duplicateMessages(modules));
  if (faults.length > 0) throw new BootError(faults);
  return { modules, visibility, definers, enhancers };
}

function exploreModule(
  module: ModuleNode,
  enhancers: Enhancers,
  defaults: CompiledPolicy,
  faults: BootFault[],
): Definer[] {
  const { controllers, providers } = module;
  return controllers.flatMap((controller): Definer[] => {
    const message = typeof controller === 'function' ? spoeMessageOf(controller) : controller.message;
    const policy = compilePolicy(message ?? {}, describeController(controller), faults, defaults);
    const complete = (definition: MessageDefinition, made: Providers): MessageDefinition => {
      const pipeline = enhancers.around(controller, module, definition, made);
      return { ...definition, policy, pipeline };
    };
    if (typeof controller !== 'function') {
      const definition = controller.define(faults);
      return definition === undefined ? [] : [(made) => complete(definition, made)];
    }
    const explored = exploreController(controller, faults);
    const node = providers.get(controller) as ProviderNode;
    return explored === undefined ? [] : [(made) => complete(defineController(explored, node, made), made)];
  });
}

/** A controller that is made once is called without a detour. */
function defineController(
  explored: ExploredController,
  node: ProviderNode,
  { injector, supplies, scopes }: Providers,
): MessageDefinition {
  if (node.isMadeOnce) return explored(injector.get(node) as object);
  const supply = supplies.of(node);
  const { [HANDLE]: method } = (node.token as Class<{ [HANDLE](...values: unknown[]): unknown }>).prototype;
  return definePerNotify(explored, method, (notify, call) => scopes.run(notify, supply, call));
}

interface Listed {
  readonly controller: Class | DefinedMessage;
  readonly module: ModuleNode;
}

function duplicateMessages(modules: readonly ModuleNode[]): BootFault[] {
  const first = new Map<string, Listed>();
  return modules.flatMap((module) =>
    module.controllers.flatMap((controller): BootFault[] => {
      const name = typeof controller === 'function' ? spoeMessageOf(controller)?.name : controller.message.name;
      if (name === undefined) return [];
      const earlier = first.get(name);
      if (earlier === undefined) {
        first.set(name, { controller, module });
        return [];
      }
      return [messageTwice(name, earlier, { controller, module })];
    }),
  );
}

function messageTwice(name: string, earlier: Listed, later: Listed): BootFault {
  const code = 'SPOA_BOOT_MESSAGE_TWICE';
  const where = describeController(later.controller);
  if (earlier.controller === later.controller && earlier.module !== later.module) {
    const problem = `${earlier.module.name} and ${later.module.name} both list it`;
    return { code, where, problem, remedy: 'leave it in one of them: one message has one handler' };
  }
  const who = describeController(earlier.controller);
  const problem = `${who === where ? 'the same' : who} handles the message ${name} already`;
  return { code, where, problem, remedy: 'one message has one handler: drop one or merge them' };
}

function describeController(controller: Class | DefinedMessage): string {
  return typeof controller === 'function' ? nameOf(controller) : `message ${controller.message.name}`;
}
