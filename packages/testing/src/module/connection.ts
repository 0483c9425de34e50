import type { Duplex } from 'node:stream';
import { type Engine, type EngineOptions, type WritableMessage } from '@spoa/core';
import { type ArgumentSpecs, type Class, DefinedMessage, spoeMessageOf, type VariableSpecs } from '@spoa/framework';
import { type ConnectedInProcess, openInProcess, type Served, type Variables, variablesOf } from '../in-process.ts';
import { argumentList } from './arguments.ts';
import { TestingError } from './errors.ts';
import type { KnownMessage } from './failures.ts';
import type { InjectedRest, InjectedVariables, InjectOptions, MessageArguments } from './injected-types.ts';

/** A class with a `handle` method. */
// biome-ignore lint/suspicious/noExplicitAny: it takes what its decorators bind
export type ControllerClass = Class<{ handle(...values: any[]): unknown }>;

/** What names a message: its name, its controller, or what `defineMessage` made. */
export type InjectedMessage = string | ControllerClass | DefinedMessage;

/** A message among others of one NOTIFY. */
export type InjectedPart = InjectedMessage | readonly [message: InjectedMessage, args?: MessageArguments];

type MessagesByName = ReadonlyMap<string, KnownMessage>;

/**
 * One connection of HAProxy to the application, in process: what is made for each connection is made once for it.
 * `await using` closes it at the end of the block.
 */
export class TestConnection implements AsyncDisposable {
  /** HAProxy's side of it, for what `inject` does not do. */
  readonly engine: Engine;
  readonly #agentEnd: Duplex;
  readonly #messages: MessagesByName;
  #closing: Promise<void> | undefined;

  private constructor({ engine, agentEnd }: ConnectedInProcess, messages: MessagesByName) {
    this.engine = engine;
    this.#agentEnd = agentEnd;
    this.#messages = messages;
  }

  /** @internal use `TestingApplication.connect` */
  static async open(served: Served, messages: MessagesByName, options: EngineOptions): Promise<TestConnection> {
    // No limits: a clock that a test moves would run into them. Who waits too long is the test runner's concern.
    const connected = await openInProcess(served, {
      engineId: 'testing',
      helloTimeoutMs: 0,
      timeoutMs: 0,
      ...options,
    });
    return new TestConnection(connected, messages);
  }

  /** As {@link TestingApplication.inject}, on this connection. */
  inject<Args extends ArgumentSpecs, Vars extends VariableSpecs>(
    message: DefinedMessage<Args, Vars>,
    ...rest: InjectedRest<Args>
  ): Promise<InjectedVariables<Vars>>;
  inject(message: string | ControllerClass, args?: MessageArguments, options?: InjectOptions): Promise<Variables>;
  inject(message: InjectedMessage, args: MessageArguments = {}, options?: InjectOptions): Promise<Variables> {
    return this.injectAll([[message, args]], options);
  }

  /** Sends several messages in one NOTIFY, as HAProxy does with those of one event, and resolves to what all of them set. */
  async injectAll(parts: readonly InjectedPart[], options: InjectOptions = {}): Promise<Variables> {
    const messages = parts.map((part) => this.#written(part));
    const ack = this.engine.notify(messages, options);
    // Within this turn: the clock that a test moves next must find the message at its handler.
    void Promise.resolve().then(() => this.engine.flush());
    return variablesOf((await ack).actions);
  }

  #written(part: InjectedPart): WritableMessage {
    const [message, args = {}] = isPair(part) ? part : [part];
    const name = messageNameOf(message);
    const known = this.#messages.get(name);
    if (known === undefined) throw unknownMessage(name, this.#messages);
    const specs = message instanceof DefinedMessage ? message.args : undefined;
    return { name, args: argumentList(args, known, specs) };
  }

  /** Says goodbye, as HAProxy does. What is in flight is given up. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      if (this.#agentEnd.closed) resolve();
      else this.#agentEnd.once('close', () => resolve());
    });
    if (this.engine.inFlight + this.engine.queued > 0) this.#agentEnd.destroy();
    else await this.engine.disconnect().catch(() => this.#agentEnd.destroy());
    this.engine.destroy();
    await closed;
  }
}

function isPair(part: InjectedPart): part is Exclude<InjectedPart, InjectedMessage> {
  return Array.isArray(part);
}

function messageNameOf(message: InjectedMessage): string {
  if (typeof message === 'string') return message;
  if (message instanceof DefinedMessage) return message.message.name;
  const name = spoeMessageOf(message)?.name;
  if (name !== undefined) return name;
  throw new TestingError('TESTING_NO_CONTROLLER', `${message.name} has no @SpoeMessage: it answers no message`);
}

function unknownMessage(name: string, messages: MessagesByName): TestingError {
  const known = [...messages].map(([message, { where }]) => `${message} (${where})`).join(', ');
  const problem = `no controller of the application answers ${JSON.stringify(name)}; there are: ${known || 'none'}`;
  return new TestingError('TESTING_UNKNOWN_MESSAGE', problem);
}
