import type { Duplex } from 'node:stream';
import type { EngineOptions } from '@spoa/core';
import {
  type ArgumentSpecs,
  type Class,
  type DefinedMessage,
  type DynamicModule,
  type ListenAddress,
  type ListenTarget,
  type ShutdownOptions,
  SpoaApplication,
  type SpoaApplicationSettings,
  type Token,
  type VariableSpecs,
} from '@spoa/framework';
import type { Variables } from '../in-process.ts';
import { type ControllerClass, type InjectedMessage, type InjectedPart, TestConnection } from './connection.ts';
import { Failures, type MessageFailure } from './failures.ts';
import type { InjectedRest, InjectedVariables, InjectOptions, MessageArguments } from './injected-types.ts';

/** A started application for a test, as `compile()` of `Test.createTestingModule` gives it. `await using` closes it. */
export class TestingApplication implements AsyncDisposable {
  /** The application itself. */
  readonly application: SpoaApplication;
  /** Its root module: what HAProxy's side can be described from. */
  readonly module: Class | DynamicModule;
  /** What it was created with, apart from what was overridden. */
  readonly settings: SpoaApplicationSettings;
  readonly #failures: Failures;
  readonly #connections = new Set<TestConnection>();
  #connection: TestConnection | undefined;

  private constructor(
    application: SpoaApplication,
    module: Class | DynamicModule,
    settings: SpoaApplicationSettings,
    failures: Failures,
  ) {
    this.application = application;
    this.module = module;
    this.settings = settings;
    this.#failures = failures;
  }

  /**
   * @internal use `Test.createTestingModule`
   * @param connects whether the connection of `inject` is there from the beginning, or with the first message
   */
  static async start(
    module: Class | DynamicModule,
    settings: SpoaApplicationSettings,
    connects: boolean,
  ): Promise<TestingApplication> {
    const failures = new Failures(settings.observability);
    const application = await SpoaApplication.create(module, { logger: false, ...settings, observability: failures });
    await application.init();
    const app = new TestingApplication(application, module, settings, failures);
    // Before the first message: a test that has a clock of its own waits for no connection then.
    if (connects) await app.#connected();
    return app;
  }

  /**
   * Sends a message through the real codec and connection, and resolves to the variables that HAProxy would set: by scope and
   * name, without prototypes. The connection is the same each time, until it is closed.
   *
   * A message that fails sets what its failure policy says: `failures` tells why.
   *
   * @param message its name, its controller, or what `defineMessage` made, which knows the types of arguments and variables
   * @throws TestingError TESTING_UNKNOWN_MESSAGE, TESTING_NO_CONTROLLER, TESTING_ARGUMENTS; what a value that cannot be encoded
   *   throws; SPOA_AGENT_CLOSED where the application has closed, SPOA_DISCONNECTED where it closes before the answer
   *
   * @example
   * expect(await app.inject(BotController, { ip: '192.0.2.1', path: '/' })).toEqual({ session: { bot_score: 90 } });
   */
  inject<Args extends ArgumentSpecs, Vars extends VariableSpecs>(
    message: DefinedMessage<Args, Vars>,
    ...rest: InjectedRest<Args>
  ): Promise<InjectedVariables<Vars>>;
  inject(message: string | ControllerClass, args?: MessageArguments, options?: InjectOptions): Promise<Variables>;
  async inject(message: InjectedMessage, args: MessageArguments = {}, options?: InjectOptions): Promise<Variables> {
    return (await this.#connected()).injectAll([[message, args]], options);
  }

  /** Sends several messages in one NOTIFY, as HAProxy does with those of one event, and resolves to what all of them set. */
  async injectAll(parts: readonly InjectedPart[], options?: InjectOptions): Promise<Variables> {
    return (await this.#connected()).injectAll(parts, options);
  }

  /** One more connection of HAProxy, such as one with another `engineId`. @throws what `connectEngine` throws */
  async connect(options: EngineOptions = {}): Promise<TestConnection> {
    const connection = await TestConnection.open(this.application, this.#failures.messages, options);
    this.#connections.add(connection);
    void connection.engine.closed.then(() => this.#connections.delete(connection));
    return connection;
  }

  async #connected(): Promise<TestConnection> {
    if (this.#connection === undefined || !this.#connections.has(this.#connection)) {
      this.#connection = await this.connect();
    }
    return this.#connection;
  }

  /** The messages that failed so far, in the order of the failures. */
  get failures(): readonly MessageFailure[] {
    return this.#failures.all;
  }

  /** `failures`, of which nothing is left then. */
  takeFailures(): MessageFailure[] {
    return this.#failures.all.splice(0);
  }

  /** The messages that failed, with their errors: for `showOnFailure`. */
  describe(): string {
    const shown = this.failures.map(({ message, error }) => `${message}: ${describeError(error)}`);
    return ['--- messages that failed', ...(shown.length === 0 ? ['none'] : shown)].join('\n');
  }

  /** A service or value by its token, of whatever module. @throws BootError where there is not one */
  get<T>(token: Token<T>): T {
    return this.application.get(token);
  }

  /** How often a handler was done after its message's deadline, by message. */
  get lateResults(): ReadonlyMap<string, number> {
    return this.application.lateResults;
  }

  /** Listens for HAProxy. @throws SPOA_LISTEN_FAILED */
  listen(target: ListenTarget): Promise<ListenAddress> {
    return this.application.listen(target);
  }

  /** Serves one connection that somebody else made. */
  handleConnection(duplex: Duplex): void {
    this.application.handleConnection(duplex);
  }

  /** Closes its connections, and calls all that ends with an application. It waits for nobody else's. */
  async close(options: ShutdownOptions = {}): Promise<void> {
    await Promise.all([...this.#connections].map((connection) => connection.close()));
    await this.application.close({ timeoutMs: 0, quietMs: 0, ...options });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function describeError(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
