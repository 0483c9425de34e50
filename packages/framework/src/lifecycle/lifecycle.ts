import type { Logger } from '@spoa/core';
import type { Made } from '../di/made.ts';
import { describeCause, remedyFor } from '../di/remedy.ts';
import { BootError } from '../errors.ts';
import { BOOT_HOOKS, type Hook } from './hooks.ts';

interface Hooked {
  readonly name: string;
  readonly instance: Partial<Record<Hook, (signal?: NodeJS.Signals) => unknown>>;
}

/** Calls the hooks of everything that was made: one after the other, dependencies first when it begins and last when it ends. */
export class Lifecycle {
  readonly #hooked: readonly Hooked[];
  readonly #logger: Logger;

  /** @param all dependencies first */
  constructor(all: readonly Made[], logger: Logger) {
    const instances = new Set<unknown>();
    this.#logger = logger;
    this.#hooked = all.flatMap(({ node, instance }): Hooked[] => {
      // One that is given under two names is still one.
      if (typeof instance !== 'object' || instance === null || instances.has(instance)) return [];
      instances.add(instance);
      return [{ name: node.name, instance }];
    });
  }

  /** Whether there is something to do before messages may come. */
  get hasBootHooks(): boolean {
    return BOOT_HOOKS.some((hook) => this.#with(hook).length > 0);
  }

  /** @throws BootError (SPOA_BOOT_HOOK) for the first that fails */
  async init(): Promise<void> {
    for (const hook of BOOT_HOOKS) {
      for (const { name, instance } of this.#with(hook)) {
        try {
          await instance[hook]?.();
        } catch (cause) {
          throw new BootError([hookFault(`${name}.${hook}`, cause)], { cause });
        }
      }
    }
  }

  /** Calls all of them, whatever fails, and logs what does. Returns whether all went well. */
  async shutdown(hook: 'beforeShutdown' | 'onShutdown', signal: NodeJS.Signals | undefined): Promise<boolean> {
    let isGood = true;
    for (const { name, instance } of this.#with(hook).toReversed()) {
      try {
        await instance[hook]?.(signal);
      } catch (error) {
        isGood = false;
        this.#logger.error({ provider: name, hook, err: error }, 'a hook failed');
      }
    }
    return isGood;
  }

  #with(hook: Hook): readonly Hooked[] {
    return this.#hooked.filter(({ instance }) => typeof instance[hook] === 'function');
  }
}

function hookFault(where: string, cause: unknown) {
  const problem = `it failed: ${describeCause(cause)}`;
  return { code: 'SPOA_BOOT_HOOK', where, problem, remedy: remedyFor(cause), cause } as const;
}
