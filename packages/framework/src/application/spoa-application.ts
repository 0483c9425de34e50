import type { Duplex } from 'node:stream';
import {
  type Agent,
  type CloseOptions,
  createAgent,
  type Handler,
  type ListenAddress,
  type ListenTarget,
  SpoaError,
} from '@spoa/core';
import type { Logger as PinoLogger } from 'pino';
import type { Class } from '../class.ts';
import type { Token } from '../di/token.ts';
import { FrameworkError } from '../errors.ts';
import { Lifecycle } from '../lifecycle/lifecycle.ts';
import { ShutdownSignals } from '../lifecycle/shutdown-signals.ts';
import type { DynamicModule } from '../modules/metadata.ts';
import type { ModuleNode } from '../modules/module-node.ts';
import { Deadlines } from '../pipeline/deadlines.ts';
import { compileRoute } from '../routing/compile-route.ts';
import { Dispatcher } from '../routing/dispatcher.ts';
import { type Blueprint, hasScopes, plan } from './boot.ts';
import { handlerForOthers } from './handler-for-others.ts';
import { lookUp } from './look-up.ts';
import type { ApplicationObserver, ApplicationState } from './observer.ts';
import { Providers } from './providers.ts';
import { given, type SpoaApplicationOptions, type SpoaApplicationSettings } from './settings.ts';

/**
 * An agent made of controllers.
 *
 * @example
 * const app = await SpoaApplication.create({ controllers: [IpReputationController], providers: [ReputationService] });
 * await app.serve({ port: 12345 });
 *
 * @example
 * const app = await SpoaApplication.create(AppModule, { logger: { level: 'warn' } });
 */
export class SpoaApplication implements AsyncDisposable {
  /** The application's log. */
  readonly logger: PinoLogger;
  readonly #parts: Parts;
  readonly #lifecycle: Lifecycle;
  /** Whether messages may come: all hooks that are to be called before are done. */
  #isReady: boolean;
  #isClosed = false;
  #initializing: Promise<void> | undefined;
  #closing: Promise<boolean> | undefined;
  #signals: ShutdownSignals | undefined;
  #isSignalled = false;

  private constructor(parts: Parts) {
    this.logger = parts.logger;
    this.#parts = parts;
    this.#lifecycle = new Lifecycle(parts.providers.injector.made, parts.logger);
    this.#isReady = !this.#lifecycle.hasBootHooks;
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
    const all = given(what, settings);
    const { limits, logs, observer } = all;
    const logger = logs.root;
    const blueprint = await plan(all);
    const providers = new Providers(blueprint.modules, logger);
    try {
      await providers.injector.make();
      const deadlines = new Deadlines();
      const compiled = blueprint.definers.map((define) => compileRoute(define(providers), deadlines));
      const routes = observer === undefined ? compiled : compiled.map((route) => observer.route(route));
      const dispatcher = new Dispatcher(routes, logger);
      const handler = hasScopes(blueprint) ? providers.scopes.around(dispatcher.handler) : dispatcher.handler;
      const agent = createAgent(handler, { ...limits, logger: logs.for('agent') });
      const app = new SpoaApplication({
        agent,
        handler: handlerForOthers(handler),
        blueprint,
        providers,
        dispatcher,
        deadlines,
        logger,
        observer,
      });
      observer?.attach({ app, agent });
      return app;
    } catch (error) {
      await providers.dispose();
      throw error;
    }
  }

  /**
   * Calls `onModuleInit` and `onApplicationBootstrap` of everything that was made. `listen` does so by itself. Calling it again
   * waits for the same.
   *
   * @throws BootError (SPOA_BOOT_HOOK) where one fails: everything is disposed then; SPOA_AGENT_CLOSED
   */
  init(): Promise<void> {
    this.#initializing ??= this.#init();
    return this.#initializing;
  }

  async #init(): Promise<void> {
    if (this.#closing !== undefined) throw new SpoaError('SPOA_AGENT_CLOSED', 'the application is closed');
    try {
      await this.#parts.observer?.start();
      await this.#lifecycle.init();
      this.#isReady = true;
    } catch (error) {
      this.#signals?.stop();
      await this.#parts.agent.close({ timeoutMs: 0 });
      await this.#parts.providers.dispose();
      await this.#end();
      throw error;
    }
  }

  async #end(): Promise<void> {
    this.#isClosed = true;
    await this.#parts.observer?.stop();
  }

  /** Whether messages may come, and whether they still should. */
  get state(): ApplicationState {
    if (this.#isClosed) return 'closed';
    if (this.#closing !== undefined) return 'closing';
    return this.#isReady ? 'ready' : 'starting';
  }

  /** Answers one NOTIFY: for a core agent, or a server of your own. @throws SPOA_NOT_INITIALIZED */
  get handler(): Handler {
    this.#checkReady();
    return this.#parts.handler;
  }

  /** Calls `init`, and listens on one more address. @throws SPOA_LISTEN_FAILED, SPOA_AGENT_CLOSED, BootError */
  async listen(target: ListenTarget): Promise<ListenAddress> {
    await this.init();
    const address = await this.#parts.agent.listen(target);
    this.logger.info({ address }, 'listening');
    return address;
  }

  /**
   * What a `main.ts` wants: closes at SIGINT and SIGTERM, if `enableShutdownHooks` has not named others, and listens on each of
   * the addresses. Where a signal comes before that is done, it resolves when the application is closed: `state` tells. Where it
   * fails, everything is closed before it rejects.
   *
   * @throws SPOA_LISTEN_FAILED, SPOA_AGENT_CLOSED where the program has closed it, BootError (SPOA_BOOT_HOOK)
   */
  async serve(...targets: readonly ListenTarget[]): Promise<void> {
    if (this.#signals === undefined) this.enableShutdownHooks();
    try {
      for (const target of targets) await this.listen(target);
    } catch (error) {
      await this.close();
      const isClosed = error instanceof SpoaError && error.code === 'SPOA_AGENT_CLOSED';
      if (!(isClosed && this.#isSignalled)) throw error;
    }
  }

  /** Where the application listens. */
  get addresses(): ListenAddress[] {
    return this.#parts.agent.addresses;
  }

  /** Serves one connection that somebody else made. @throws SPOA_AGENT_CLOSED, SPOA_NOT_INITIALIZED */
  handleConnection(duplex: Duplex): void {
    this.#checkReady();
    this.#parts.agent.handleConnection(duplex);
  }

  /** Messages that come before what `onModuleInit` prepares would meet half a program. */
  #checkReady(): void {
    if (this.#isReady) return;
    const problem = 'there are hooks to call before messages may come: await app.init(), or app.listen() before';
    throw new FrameworkError('SPOA_NOT_INITIALIZED', problem);
  }

  /**
   * A service or value by its token, of whatever module.
   *
   * @throws BootError where nothing provides it, several modules do, or it is not made once
   */
  get<T>(token: Token<T>): T {
    const { modules, visibility } = this.#parts.blueprint;
    return this.#parts.providers.injector.get(lookUp(token, modules.at(-1) as ModuleNode, visibility)) as T;
  }

  /** How often each message without a controller came, by name. */
  get unknownMessages(): ReadonlyMap<string, number> {
    return this.#parts.dispatcher.unknownMessages;
  }

  /** How often messages failed, by message and error code. */
  get failures(): ReadonlyMap<string, number> {
    return this.#parts.dispatcher.failures;
  }

  /** How often a handler was done after its message's deadline, by message: what it returned was dropped. */
  get lateResults(): ReadonlyMap<string, number> {
    return this.#parts.deadlines.lateResults;
  }

  /**
   * Closes at the first of these signals, and lets the process end by itself: with exit code 0, or 1 where a hook or the end of
   * a provider failed. A second signal ends the process at once.
   *
   * @param signals @default ['SIGINT', 'SIGTERM']
   */
  enableShutdownHooks(signals: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM'], options: CloseOptions = {}): this {
    if (this.#closing !== undefined) return this;
    this.#signals ??= new ShutdownSignals((signal) => void this.#closeBecauseOf(signal, options));
    this.#signals.listen(signals);
    return this;
  }

  async #closeBecauseOf(signal: NodeJS.Signals, options: CloseOptions): Promise<void> {
    this.#isSignalled = true;
    this.logger.info({ signal }, 'shutting down');
    const isGood = await this.#closeOnce({ ...options, signal }).catch((error: unknown) => {
      this.logger.error({ err: error }, 'the shutdown failed');
      return false;
    });
    if (!isGood) process.exitCode ||= 1;
  }

  /**
   * Calls `beforeShutdown`, drains the connections as `Agent.close` does, calls `onShutdown`, then disposes the providers: each
   * time what was made last comes first. What fails is logged, and the rest is done.
   */
  async close(options: ShutdownOptions = {}): Promise<void> {
    await this.#closeOnce(options);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #closeOnce(options: ShutdownOptions): Promise<boolean> {
    this.#closing ??= this.#close(options);
    return this.#closing;
  }

  async #close({ signal, ...options }: ShutdownOptions): Promise<boolean> {
    const isInitialized = (await Promise.allSettled([this.#initializing]))[0].status === 'fulfilled';
    // What a failed start left was disposed by it.
    if (!isInitialized) return true;
    const outcomes = [await this.#lifecycle.shutdown('beforeShutdown', signal)];
    try {
      await this.#parts.agent.close(options);
    } finally {
      outcomes.push(await this.#lifecycle.shutdown('onShutdown', signal), await this.#parts.providers.dispose());
      this.#signals?.stop();
      await this.#end();
    }
    this.logger.info('closed');
    return !outcomes.includes(false);
  }
}

export interface ShutdownOptions extends CloseOptions {
  /** What hooks are told as the reason. */
  signal?: NodeJS.Signals;
}

interface Parts {
  readonly agent: Agent;
  readonly handler: Handler;
  readonly blueprint: Blueprint;
  readonly providers: Providers;
  readonly dispatcher: Dispatcher;
  readonly deadlines: Deadlines;
  readonly logger: PinoLogger;
  readonly observer: ApplicationObserver | undefined;
}
