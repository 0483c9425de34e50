import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Agent,
  type AgentOptions,
  createAgent,
  type Handler,
  type ListenAddress,
  type ListenTarget,
  type Message,
  type NotifyContext,
} from '@spoa/core';
import type { Transport } from './combinations.ts';
import { RecordingLogger } from './recording-logger.ts';

/** Answers one message. A promise holds the ACK of its NOTIFY back. */
export type Answer = (message: Message, notify: NotifyContext) => unknown;

/** Somewhere to listen that is the test's own: a free port of the loopback, or a unix socket in a temporary folder. */
export class Address implements AsyncDisposable {
  readonly transport: Transport;
  readonly #folder: string | undefined;
  #target: { port: number } | { path: string };

  private constructor(transport: Transport, target: { port: number } | { path: string }, folder?: string) {
    this.transport = transport;
    this.#target = target;
    this.#folder = folder;
  }

  static async of(transport: Transport): Promise<Address> {
    if (transport === 'tcp') return new Address('tcp', { port: 0 });
    const folder = await mkdtemp(join(tmpdir(), 'spoa-agent-'));
    return new Address('unix', { path: join(folder, 'agent.sock') }, folder);
  }

  /** Listens there; the second time at the port that the first one got. */
  async listen(listener: { listen(target: ListenTarget): Promise<ListenAddress> }): Promise<void> {
    const got = await listener.listen(this.#target);
    if ('port' in got) this.#target = { port: got.port };
  }

  /** As a `server` line names it. */
  get server(): string {
    return 'path' in this.#target ? `unix@${this.#target.path}` : `127.0.0.1:${this.#target.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#folder !== undefined) await rm(this.#folder, { recursive: true, force: true });
  }
}

/** An agent in the test's process whose answers the tests give, message by message. */
export class TestAgent implements AsyncDisposable {
  readonly log = new RecordingLogger();
  readonly address: Address;
  readonly #answers = new Map<string, Answer>();
  readonly #options: AgentOptions;
  #agent: Agent;

  private constructor(address: Address, options: AgentOptions) {
    this.address = address;
    this.#options = options;
    this.#agent = this.#create();
  }

  static async start(transport: Transport, options: AgentOptions = {}): Promise<TestAgent> {
    const agent = new TestAgent(await Address.of(transport), options);
    await agent.address.listen(agent.#agent);
    return agent;
  }

  /** What to do when this message comes. A message that nobody answers leaves the ACK as it is. */
  answer(message: string, answer: Answer): void {
    this.#answers.set(message, answer);
  }

  /** Answers nothing and has logged nothing, as at the beginning. */
  forget(): void {
    this.#answers.clear();
    this.log.clear();
  }

  /** Open connections. */
  get connections(): number {
    return this.#agent.connections;
  }

  /** Waits until so many connections are open. @throws when they are not within ten seconds */
  async untilConnections(count: number): Promise<void> {
    const deadline = Date.now() + 10_000;
    while (this.connections !== count) {
      if (Date.now() > deadline) throw new Error(`${this.connections} connections are open, not ${count}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  close(...options: Parameters<Agent['close']>): Promise<void> {
    return this.#agent.close(...options);
  }

  /** Starts again after `close`, at the same address. */
  async reopen(): Promise<void> {
    this.#agent = this.#create();
    await this.address.listen(this.#agent);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close({ timeoutMs: 0 });
    await this.address[Symbol.asyncDispose]();
  }

  #create(): Agent {
    return createAgent(this.#handle, { ...this.#options, logger: this.log });
  }

  readonly #handle: Handler = (notify) => {
    const pending: PromiseLike<unknown>[] = [];
    for (const message of notify.messages) {
      const result = this.#answers.get(message.name)?.(message, notify);
      if (result instanceof Promise) pending.push(result);
    }
    return pending.length > 0 ? Promise.all(pending) : undefined;
  };
}
