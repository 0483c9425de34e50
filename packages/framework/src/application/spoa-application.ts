import type { Duplex } from 'node:stream';
import {
  Agent,
  type AgentOptions,
  type CloseOptions,
  createAgent,
  type Handler,
  type ListenAddress,
  type ListenTarget,
} from '@spoa/core';
import { type LoggerOptions, type Logger as PinoLogger, pino } from 'pino';
import type { Class } from '../class.ts';
import { spoeMessageOf } from '../decorators/spoe-message.ts';
import { Injector } from '../di/injector.ts';
import { type Provider, tokenOf } from '../di/provider.ts';
import { describeToken, type Token } from '../di/token.ts';
import { BootError, type BootFault } from '../errors.ts';
import { nameOf } from '../metadata.ts';
import { compileRoute } from '../routing/compile-route.ts';
import type { DefinedMessage } from '../routing/define-message.ts';
import { Dispatcher } from '../routing/dispatcher.ts';
import { exploreController } from '../routing/explore.ts';
import type { MessageDefinition } from '../routing/message-definition.ts';
import { RouteTable } from '../routing/route-table.ts';

export interface SpoaApplicationOptions extends Omit<AgentOptions, 'logger'> {
  /** Controller classes and messages made by `defineMessage`. */
  controllers: readonly (Class | DefinedMessage)[];
  /** What controllers and services are given through their constructors. */
  providers?: readonly Provider[];
  /** A pino logger, options for one, or `false` for none. @default pino to standard output, level `info` */
  logger?: PinoLogger | LoggerOptions | false;
}

/**
 * An agent made of controllers.
 *
 * @example
 * const app = await SpoaApplication.create({ controllers: [IpReputationController], providers: [ReputationService] });
 * await app.listen({ port: 12345 });
 */
export class SpoaApplication implements AsyncDisposable {
  /** The application's log. */
  readonly logger: PinoLogger;
  readonly #agent: Agent;
  readonly #injector: Injector;
  readonly #dispatcher: Dispatcher;
  #closing: Promise<void> | undefined;

  private constructor(agent: Agent, injector: Injector, dispatcher: Dispatcher, logger: PinoLogger) {
    this.#agent = agent;
    this.#injector = injector;
    this.#dispatcher = dispatcher;
    this.logger = logger;
  }

  /**
   * Checks everything, makes every provider, and compiles every controller into one function.
   *
   * @throws BootError (SPOA_BOOT_FAILED) with all mistakes at once
   */
  static async create(options: SpoaApplicationOptions): Promise<SpoaApplication> {
    const { controllers, providers = [], logger: logging, ...limits } = options;
    const logger = makeLogger(logging);
    const faults: BootFault[] = [];
    const definers = explore(controllers, faults);
    const injector = new Injector([...providers, ...unprovided(controllers, providers)]);
    injector.verify();
    faults.push(...injector.faults, ...duplicateMessages(controllers));
    if (faults.length > 0) throw new BootError(faults);
    try {
      await injector.make();
      const routes = definers.map((define) => compileRoute(define(injector)));
      const dispatcher = new Dispatcher(new RouteTable(routes), logger);
      const agent = createAgent(dispatcher.handler, { ...limits, logger });
      return new SpoaApplication(agent, injector, dispatcher, logger);
    } catch (cause) {
      await dispose(injector, logger);
      throw injector.faults.length === 0 ? cause : new BootError(injector.faults, { cause });
    }
  }

  /** Answers one NOTIFY: for a core agent, or a server of your own. */
  get handler(): Handler {
    return this.#dispatcher.handler;
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

  /** A service or value by its token. */
  get<T>(token: Token<T>): T {
    if (this.#injector.has(token)) return this.#injector.get(token);
    throw new BootError([
      {
        code: 'SPOA_BOOT_PROVIDER',
        where: 'SpoaApplication.get',
        problem: `nothing provides ${describeToken(token)}`,
        remedy: `add ${describeToken(token)} to the providers`,
      },
    ]);
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
      await dispose(this.#injector, this.logger);
    }
    this.logger.info('closed');
  }
}

type Controllers = SpoaApplicationOptions['controllers'];

/** Makes a message's definition once the providers are there. */
type Definer = (injector: Injector) => MessageDefinition;

function explore(controllers: Controllers, faults: BootFault[]): Definer[] {
  return controllers.flatMap((controller): Definer[] => {
    if (typeof controller !== 'function') {
      const definition = controller.define(faults);
      return definition === undefined ? [] : [() => definition];
    }
    const explored = exploreController(controller, faults);
    return explored === undefined ? [] : [(injector) => explored(injector.get(controller))];
  });
}

/** The controller classes that are their own providers: those that no other provider stands for. */
function unprovided(controllers: Controllers, providers: readonly Provider[]): Class[] {
  const provided = new Set(providers.map(tokenOf));
  const classes = controllers.filter((controller): controller is Class => typeof controller === 'function');
  return [...new Set(classes)].filter((controller) => !provided.has(controller));
}

function duplicateMessages(controllers: Controllers): BootFault[] {
  const first = new Map<string, string>();
  return controllers.flatMap((controller): BootFault[] => {
    const isClass = typeof controller === 'function';
    const name = isClass ? spoeMessageOf(controller)?.name : controller.message.name;
    if (name === undefined) return [];
    const where = isClass ? nameOf(controller) : `message ${name}`;
    const earlier = first.get(name);
    if (earlier === undefined) {
      first.set(name, where);
      return [];
    }
    const problem = `${earlier === where ? 'the same' : earlier} handles the message ${name} already`;
    const remedy = 'one message has one handler: drop one or merge them';
    return [{ code: 'SPOA_BOOT_MESSAGE_TWICE', where, problem, remedy }];
  });
}

async function dispose(injector: Injector, logger: PinoLogger): Promise<void> {
  for (const { token, error } of await injector.dispose()) {
    logger.error({ provider: token, err: error }, 'a provider failed to close');
  }
}

function makeLogger(logging: SpoaApplicationOptions['logger']): PinoLogger {
  if (logging === false) return pino({ level: 'silent' });
  if (logging !== undefined && 'child' in logging && typeof logging.child === 'function') return logging as PinoLogger;
  return pino(logging as LoggerOptions | undefined);
}
