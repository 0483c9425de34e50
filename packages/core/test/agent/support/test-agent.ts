import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type Duplex, duplexPair } from 'node:stream';
import { onTestFinished } from 'vitest';
import { type Agent, type AgentOptions, createAgent, type Handler, type HaproxyHello } from '../../../src/index.ts';
import { RawClient } from './raw-client.ts';
import { RecordingLogger } from './recording-logger.ts';
import { within } from './until.ts';

/** An agent with what a test wants to see of it. It ends with the test, and so do the clients. */
export class TestAgent {
  readonly agent: Agent;
  readonly log = new RecordingLogger();
  readonly #clients: RawClient[] = [];
  readonly #agentSides: Duplex[] = [];

  constructor(handler: Handler, options: AgentOptions = {}) {
    this.agent = createAgent(handler, { logger: this.log, ...options });
    onTestFinished(() => this.stop());
  }

  /** A client that has said nothing yet. */
  client(duplex: Duplex): RawClient {
    const client = new RawClient(duplex);
    this.#clients.push(client);
    return client;
  }

  /** A TCP connection to the first address. */
  dial(): Socket {
    const [address] = this.agent.addresses;
    if (address === undefined || 'path' in address) throw new Error('the agent has no TCP address');
    return connect({ host: address.address, port: address.port, noDelay: true });
  }

  /** Over TCP, to the first address. */
  async connect(): Promise<RawClient> {
    const socket = this.dial();
    const client = this.client(socket);
    await once(socket, 'connect');
    return client;
  }

  /** Over TCP, greeted. */
  async open(hello: Partial<HaproxyHello> = {}): Promise<RawClient> {
    const client = await this.connect();
    await client.hello(hello);
    return client;
  }

  /** Over a pair of streams in memory; `writes` are the chunks that the agent wrote. */
  pair(options: { highWaterMark?: number } = {}): { client: RawClient; agentSide: Duplex; writes: Buffer[] } {
    const { agentSide, clientSide, writes } = this.duplexPair(options);
    return { client: this.client(clientSide), agentSide, writes };
  }

  duplexPair(options: { highWaterMark?: number } = {}): { clientSide: Duplex; agentSide: Duplex; writes: Buffer[] } {
    const [agentSide, clientSide] = duplexPair(options);
    const writes = recordWrites(agentSide);
    this.#agentSides.push(agentSide);
    this.agent.handleConnection(agentSide);
    return { clientSide, agentSide, writes };
  }

  async stop(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.destroy()));
    for (const agentSide of this.#agentSides) agentSide.destroy();
    await within('the end of the agent', this.agent.close({ timeoutMs: 0, quietMs: 0 }));
  }
}

/** An agent on a free TCP port. */
export async function startAgent(handler: Handler = () => undefined, options: AgentOptions = {}): Promise<TestAgent> {
  const test = new TestAgent(handler, options);
  await test.agent.listen({ port: 0 });
  return test;
}

/** Every chunk that is written to `duplex` from now on, copied as it was at that moment. */
export function recordWrites(duplex: Duplex): Buffer[] {
  const writes: Buffer[] = [];
  const write = duplex.write.bind(duplex) as (...args: unknown[]) => boolean;
  duplex.write = (...args: unknown[]): boolean => {
    if (args[0] instanceof Uint8Array) writes.push(Buffer.from(args[0]));
    return write(...args);
  };
  return writes;
}
