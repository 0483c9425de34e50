import type { Duplex } from 'node:stream';
import {
  type Agent,
  type CloseOptions,
  createAgent,
  type Handler,
  type ListenAddress,
  type ListenTarget,
} from '@spoa/core';
import type { Logger as PinoLogger } from 'pino';
import type { Class } from '../class.ts';
import { Injector } from '../di/injector.ts';
import type { DisposeFailure } from '../di/made.ts';
import { NotifyScopes } from '../di/notify-scopes.ts';
import { Supplies } from '../di/supply.ts';
import type { Token } from '../di/token.ts';
import type { DynamicModule } from '../modules/metadata.ts';
import type { ModuleNode } from '../modules/module-node.ts';
import { compileRoute } from '../routing/compile-route.ts';
import { Dispatcher } from '../routing/dispatcher.ts';
import { Repeats } from '../routing/repeats.ts';
import { RouteTable } from '../routing/route-table.ts';
import { type Blueprint, hasScopes, type MadeProviders, plan } from './boot.ts';
import { lookUp } from './look-up.ts';
import { given, type SpoaApplicationOptions, type SpoaApplicationSettings } from './settings.ts';

/**
 * An agent made of controllers.
 *
 * @example
 * const app = await SpoaApplication.create({ controllers: [IpReputationController], providers: [ReputationService] });
 * await app.listen({ port: 12345 });
 *
 * @example
 * const app = await SpoaApplication.create(AppModule, { logger: { level: 'warn' } });
 */
export class SpoaApplication implements AsyncDisposable {
  /** The application's log. */
  readonly logger: PinoLogger;
  /** Answers one NOTIFY: for a core agent, or a server of your own. */
  readonly handler: Handler;
  readonly #agent: Agent;
  readonly #blueprint: Blueprint;
  readonly #providers: MadeProviders;
  readonly #dispatcher: Dispatcher;
  #closing: Promise<void> | undefined;

  private constructor(parts: Parts) {
    this.logger = parts.logger;
    this.handler = parts.handler;
    this.#agent = parts.agent;
    this.#blueprint = parts.blueprint;
    this.#providers = parts.providers;
    this.#dispatcher = parts.dispatcher;
  }

  /**
   * Checks everything, makes every provider, and compiles every controller into one function. Takes a module, or what one would
   * list.
   *
   * @throws BootError (SPOA_BOOT_FAILED) with all mistakes at once
   */
  static create(module: Class | DynamicModule, settings?: SpoaApplicationSettings): Promise<SpoaApplication>;
  static create(options: SpoaApplicationOptions): Promise<SpoaApplication>;
  static async create(
    what: Class | DynamicModule | SpoaApplicationOptions,
    settings?: SpoaApplicationSettings,
  ): Promise<SpoaApplication> {
    const { root, overrides, limits, logger } = given(what, settings);
    const blueprint = await plan(root, overrides);
    const providers = prepare(blueprint, logger);
    try {
      await providers.injector.make();
      const routes = blueprint.definers.map((define) => compileRoute(define(providers)));
      const dispatcher = new Dispatcher(new RouteTable(routes), logger);
      const handler = hasScopes(blueprint) ? providers.scopes.around(dispatcher.handler) : dispatcher.handler;
      const agent = createAgent(handler, { ...limits, logger });
      return new SpoaApplication({ agent, handler, blueprint, providers, dispatcher, logger });
    } catch (error) {
      await dispose(providers, logger);
      throw error;
    }
  }

  /** Listens on one more address. @throws SPOA_LISTEN_FAILED, SPOA_AGENT_CLOSED */
  async listen(target: ListenTarget): Promise<ListenAddress> {
    const address = await this.#agent.listen(target);
    this.logger.info({ address }, 'listening');
    return address;
  }

  /** Where the application listens. */
  get addresses(): ListenAddress[] {
    return this.#agent.addresses;
  }

  /** Serves one connection that somebody else made. @throws SPOA_AGENT_CLOSED */
  handleConnection(duplex: Duplex): void {
    this.#agent.handleConnection(duplex);
  }

  /**
   * A service or value by its token, of whatever module.
   *
   * @throws BootError where nothing provides it, several modules do, or it is not made once
   */
  get<T>(token: Token<T>): T {
    const { modules, visibility } = this.#blueprint;
    return this.#providers.injector.get(lookUp(token, modules.at(-1) as ModuleNode, visibility)) as T;
  }

  /** How often each message without a controller came, by name. */
  get unknownMessages(): ReadonlyMap<string, number> {
    return this.#dispatcher.unknownMessages;
  }

  /** How often messages failed, by message and error code. */
  get failures(): ReadonlyMap<string, number> {
    return this.#dispatcher.failures;
  }

  /** Drains the connections as `Agent.close` does, then disposes the providers, the last made first. */
  close(options: CloseOptions = {}): Promise<void> {
    this.#closing ??= this.#close(options);
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(options: CloseOptions): Promise<void> {
    try {
      await this.#agent.close(options);
    } finally {
      await dispose(this.#providers, this.logger);
    }
    this.logger.info('closed');
  }
}

interface Parts {
  readonly agent: Agent;
  readonly handler: Handler;
  readonly blueprint: Blueprint;
  readonly providers: MadeProviders;
  readonly dispatcher: Dispatcher;
  readonly logger: PinoLogger;
}

function prepare({ modules }: Blueprint, logger: PinoLogger): MadeProviders {
  const injector = new Injector(modules);
  return { injector, supplies: new Supplies(injector), scopes: new NotifyScopes(reporter(logger)) };
}

async function dispose({ injector, scopes }: MadeProviders, logger: PinoLogger): Promise<void> {
  await scopes.close();
  for (const { provider, error } of await injector.dispose()) {
    logger.error({ provider, err: error }, 'a provider failed to close');
  }
}

/** What fails for one NOTIFY may fail for each. */
function reporter(logger: PinoLogger): (failure: DisposeFailure) => void {
  const failures = new Repeats();
  return ({ provider, error }) => {
    const facts = { provider, err: error };
    if (failures.isNew(provider)) logger.error(facts, 'a provider failed to close (said once, then logged at debug)');
    else logger.debug(facts, 'a provider failed to close');
  };
}
