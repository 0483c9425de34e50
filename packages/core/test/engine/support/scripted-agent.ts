import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Duplex, duplexPair } from 'node:stream';
import { onTestFinished } from 'vitest';
import {
  type AgentHello,
  connectEngine,
  type Disconnect,
  decodeDisconnect,
  decodeFrame,
  type Engine,
  type EngineOptions,
  type EngineTarget,
  encodeAck,
  encodeAgentDisconnect,
  encodeAgentHello,
  encodeFrame,
  type Frame,
  FrameFlag,
  FrameType,
  type WritableAction,
} from '../../../src/index.ts';
import { until } from './until.ts';

export const AGENT_HELLO: AgentHello = { version: '2.0', maxFrameSize: 16380, capabilities: ['pipelining'] };

/** A frame as an agent would send it, of any kind. */
export function frame(type: number, payload: Uint8Array = Buffer.alloc(0), header: Partial<Frame> = {}): Buffer {
  return encodeFrame({ type, flags: FrameFlag.FIN, streamId: 0, frameId: 0, ...header, payload });
}

/** The agent's end of one connection: it does what the test says and nothing else. */
export class ScriptedAgent {
  readonly duplex: Duplex;
  readonly frames: Frame[] = [];
  /** Every byte that came. */
  received: Buffer = Buffer.alloc(0);
  /** The sizes of the chunks in which they came. */
  readonly chunkSizes: number[] = [];
  ended = false;
  closed = false;
  error: NodeJS.ErrnoException | undefined;
  #used = 0;
  #taken = 0;

  constructor(duplex: Duplex) {
    this.duplex = duplex;
    duplex.on('data', (chunk: Buffer) => {
      this.chunkSizes.push(chunk.length);
      this.received = Buffer.concat([this.received, chunk]);
      this.#cut();
    });
    duplex.on('end', () => {
      this.ended = true;
    });
    duplex.on('error', (error) => {
      this.error = error;
    });
    duplex.on('close', () => {
      this.closed = true;
    });
    onTestFinished(() => {
      duplex.destroy();
    });
  }

  #cut(): void {
    for (;;) {
      const rest = this.received.subarray(this.#used);
      if (rest.length < 4 || rest.length < 4 + rest.readUInt32BE(0)) return;
      const size = 4 + rest.readUInt32BE(0);
      this.#used += size;
      this.frames.push(decodeFrame(Buffer.from(rest.subarray(0, size))));
    }
  }

  send(...parts: Uint8Array[]): void {
    this.duplex.write(Buffer.concat(parts));
  }

  /** The next frame that was not taken. */
  async next(): Promise<Frame> {
    await until(`frame ${this.#taken + 1}`, () => this.frames.length > this.#taken || this.ended || this.closed);
    const next = this.frames[this.#taken];
    if (next === undefined) throw new Error(`the engine closed before frame ${this.#taken + 1}`);
    this.#taken++;
    return next;
  }

  async takes(type: number, count = 1): Promise<Frame[]> {
    const taken: Frame[] = [];
    while (taken.length < count) {
      const next = await this.next();
      if (next.type !== type) throw new Error(`a frame of type ${next.type} instead of ${type}`);
      taken.push(next);
    }
    return taken;
  }

  async greet(hello: Partial<AgentHello> = {}): Promise<void> {
    await this.takes(FrameType.HAPROXY_HELLO);
    this.send(encodeAgentHello({ ...AGENT_HELLO, ...hello }));
  }

  ack(streamId: number, actions: WritableAction[] = [], frameId = 1): void {
    this.send(encodeAck({ streamId, frameId }, actions));
  }

  disconnect(statusCode = 0, message = 'normal'): void {
    this.send(encodeAgentDisconnect({ statusCode, message }));
  }

  /** The HAPROXY-DISCONNECT that comes next. */
  async disconnected(): Promise<Disconnect> {
    const [disconnect] = await this.takes(FrameType.HAPROXY_DISCONNECT);
    return decodeDisconnect((disconnect as Frame).payload);
  }

  /** Waits for the engine to end the connection; no frame may be left. */
  async end(): Promise<void> {
    await until('the end of the connection', () => this.ended || this.closed);
    const left = this.frames.slice(this.#taken).map(({ type }) => type);
    if (left.length > 0) throw new Error(`the engine sent frames of type ${left.join(', ')} before it closed`);
  }
}

export interface Meeting {
  readonly target: EngineTarget;
  /** The agent's end of the first connection. */
  readonly agent: Promise<ScriptedAgent>;
}

/** Over a pair of streams in memory. */
export function pair(): { target: EngineTarget; agent: ScriptedAgent } {
  const [duplex, other] = duplexPair();
  return { target: { duplex }, agent: new ScriptedAgent(other) };
}

async function listen(where: { port: number } | { path: string }): Promise<Meeting> {
  const server = createServer({ noDelay: true });
  server.listen('path' in where ? where : { ...where, host: '127.0.0.1' });
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
  });
  const agent = once(server, 'connection').then(([socket]) => new ScriptedAgent(socket as Socket));
  return { agent, target: 'path' in where ? where : { port: (server.address() as AddressInfo).port } };
}

/** The ways to an agent, each with its name. */
export const MEETINGS: readonly (readonly [name: string, meet: () => Promise<Meeting>])[] = [
  ['TCP', () => listen({ port: 0 })],
  ['a unix socket', () => listen({ path: join(temporaryFolder(), 'agent.sock') })],
  [
    'a pair of streams',
    async () => {
      const { target, agent } = pair();
      return { target, agent: Promise.resolve(agent) };
    },
  ],
];

export const overTcp = (): Promise<Meeting> => listen({ port: 0 });

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'spoa-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** An engine and its agent, who have said HELLO. */
export async function meet(
  options: EngineOptions = {},
  hello: Partial<AgentHello> = {},
  meeting: Meeting | Promise<Meeting> | undefined = undefined,
): Promise<{ engine: Engine; agent: ScriptedAgent }> {
  const { target, agent: coming } = (await meeting) ?? pair();
  const connecting = connectEngine(target, options);
  const agent = await coming;
  await agent.greet(hello);
  const engine = await connecting;
  onTestFinished(() => engine.destroy());
  return { engine, agent };
}
