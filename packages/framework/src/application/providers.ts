import type { Logger } from '@spoa/core';
import { Injector } from '../di/injector.ts';
import type { DisposeFailure } from '../di/made.ts';
import { NotifyScopes } from '../di/notify-scopes.ts';
import { Supplies } from '../di/supply.ts';
import type { ModuleNode } from '../modules/module-node.ts';
import { Repeats } from '../routing/repeats.ts';

/** Everything that an application makes: once, at boot, and for NOTIFYs and connections. */
export class Providers {
  readonly injector: Injector;
  readonly supplies: Supplies;
  readonly scopes: NotifyScopes;
  readonly #logger: Logger;
  readonly #failures = new Repeats();

  constructor(modules: readonly ModuleNode[], logger: Logger) {
    this.#logger = logger;
    this.injector = new Injector(modules);
    this.supplies = new Supplies(this.injector);
    this.scopes = new NotifyScopes((failure) => this.#reportRepeated(failure));
  }

  /** Ends all of it, the last made first; what fails is logged. Returns whether all went well. */
  async dispose(): Promise<boolean> {
    await this.scopes.close();
    const failures = await this.injector.dispose();
    for (const { provider, error } of failures) {
      this.#logger.error({ provider, err: error }, 'a provider failed to close');
    }
    return failures.length === 0;
  }

  /** What fails for one NOTIFY may fail for each. */
  #reportRepeated({ provider, error }: DisposeFailure): void {
    const facts = { provider, err: error };
    if (this.#failures.isNew(provider)) {
      this.#logger.error(facts, 'a provider failed to close (said once, then logged at debug)');
    } else this.#logger.debug(facts, 'a provider failed to close');
  }
}
