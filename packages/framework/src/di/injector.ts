import { container, type DependencyContainer, type InjectionToken } from 'tsyringe';
import { BootError } from '../errors.ts';
import type { ModuleNode } from '../modules/module-node.ts';
import { factoryFault } from './faults.ts';
import { type DisposeFailure, disposeAll, type Made, made } from './made.ts';
import { instantiate, isFactory } from './provider.ts';
import type { ProviderNode } from './provider-node.ts';

/**
 * Our port to the container (tsyringe), which keeps what is made once: each module has a container, and each provider its place in
 * it by its token. All of it is made at boot, in the order of need, so that nothing is looked up later; factories are awaited,
 * which tsyringe cannot; and it is disposed in the reverse order, whatever fails.
 */
export class Injector {
  readonly #containers: ReadonlyMap<ModuleNode, DependencyContainer>;
  readonly #begun = new Set<ProviderNode>();
  readonly #made: Made[] = [];

  constructor(modules: readonly ModuleNode[]) {
    this.#containers = new Map(modules.map((module) => [module, container.createChildContainer()]));
  }

  /** What was made so far, dependencies first. */
  get made(): readonly Made[] {
    return this.#made;
  }

  /** Makes what lives as long as the application. Only after linking found no fault. @throws BootError (SPOA_BOOT_FACTORY) */
  async make(): Promise<void> {
    for (const { providers } of this.#containers.keys()) {
      for (const node of providers.values()) if (node.isMadeOnce) await this.#supply(node);
    }
  }

  /** The instance within an object, for it may have a `then`. */
  async #supply({ target }: ProviderNode): Promise<{ readonly instance: unknown }> {
    if (!target.isShared) return this.#makeNew(target);
    if (!this.#begun.has(target)) {
      this.#begun.add(target);
      const { instance } = await this.#makeNew(target);
      // A factory again, for tsyringe takes a value of null or undefined for none.
      this.#containerOf(target).register(target.token as InjectionToken, { useFactory: () => instance });
    }
    return { instance: this.get(target) };
  }

  async #makeNew(node: ProviderNode): Promise<Made> {
    const dependencies: unknown[] = [];
    for (const need of node.needs) dependencies.push(need && (await this.#supply(need)).instance);
    try {
      /*
       * With what linking has found. tsyringe would take the instance that is registered for the class, in this container or in
       * its global one, and gives a class without decorator that extends another no arguments.
       */
      const created = instantiate(node.provider, dependencies);
      // Only a factory may take its time: a value or an instance that has a `then` is what was asked for.
      const one = made(node, isFactory(node.provider) ? await created : created);
      this.#made.push(one);
      return one;
    } catch (cause) {
      throw new BootError([factoryFault(node.name, cause)], { cause });
    }
  }

  /** What was made once. Only after `make`. */
  get({ target }: ProviderNode): unknown {
    return this.#containerOf(target).resolve(target.token as InjectionToken);
  }

  #containerOf({ module }: ProviderNode): DependencyContainer {
    return this.#containers.get(module) as DependencyContainer;
  }

  /** Ends everything in the reverse order. Returns what failed. */
  dispose(): Promise<DisposeFailure[]> {
    return disposeAll(this.#made.splice(0));
  }
}
