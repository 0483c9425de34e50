import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import {
  type Action,
  type AgentHello,
  type Disconnect,
  decodeActions,
  decodeAgentHello,
  decodeDisconnect,
  decodeFrame,
  encodeFrame,
  encodeHaproxyDisconnect,
  encodeHaproxyHello,
  encodeNotify,
  encodeTypedData,
  encodeVarint,
  type Frame,
  FrameFlag,
  FrameType,
  type HaproxyHello,
  type WritableMessage,
  type WritableValue,
} from '../../../src/index.ts';
import { until } from './until.ts';

/** What HAProxy 3.1 and newer say. */
export const HELLO: HaproxyHello = {
  supportedVersions: ['2.0'],
  maxFrameSize: 16380,
  capabilities: ['pipelining'],
  engineId: '5d6a8c3e-1d1f-4a3b-9c55-0f9d2f1c7a10',
};

/** What HAProxy 2.1 to 3.0 say: the era that fragments. */
export const OLD_HELLO: HaproxyHello = { ...HELLO, capabilities: ['pipelining', 'async'] };

export interface Ack {
  readonly streamId: number;
  readonly frameId: number;
  readonly flags: number;
  readonly actions: Action[];
}

/**
 * HAProxy's side as bytes: sends whatever a test wants and keeps what the agent answers, frame by frame. Every frame is
 * checked to be whole and legal as it comes.
 */
export class RawClient {
  readonly duplex: Duplex;
  readonly frames: Frame[] = [];
  /** How many bytes came with each read. */
  readonly chunkSizes: number[] = [];
  /** The agent has ended its side. */
  ended = false;
  /** Nothing is left of the connection. */
  closed = false;
  error: NodeJS.ErrnoException | undefined;
  #rest: Buffer = Buffer.alloc(0);
  #taken = 0;

  constructor(duplex: Duplex) {
    this.duplex = duplex;
    duplex.on('data', (chunk: Buffer) => this.#receive(chunk));
    duplex.on('end', () => {
      this.ended = true;
    });
    duplex.on('error', (error) => {
      this.error = error;
    });
    duplex.on('close', () => {
      this.closed = true;
    });
  }

  #receive(chunk: Buffer): void {
    this.chunkSizes.push(chunk.length);
    let rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    while (rest.length >= 4 && rest.length >= 4 + rest.readUInt32BE(0)) {
      const end = 4 + rest.readUInt32BE(0);
      this.frames.push(decodeFrame(Buffer.from(rest.subarray(0, end))));
      rest = rest.subarray(end);
    }
    this.#rest = rest;
  }

  /** Bytes of a frame that is not complete. */
  get heldBytes(): number {
    return this.#rest.length;
  }

  send(...parts: Uint8Array[]): void {
    this.duplex.write(parts.length === 1 ? parts[0] : Buffer.concat(parts));
  }

  /** Sends, and resolves when the bytes have left this side. */
  async flush(...parts: Uint8Array[]): Promise<void> {
    await new Promise<void>((resolve) => {
      this.duplex.write(Buffer.concat(parts), () => resolve());
    });
  }

  /** Says HAPROXY-HELLO and waits for the answer. */
  async hello(hello: Partial<HaproxyHello> = {}): Promise<AgentHello> {
    this.send(encodeHaproxyHello({ ...HELLO, ...hello }));
    return this.agentHello();
  }

  async agentHello(): Promise<AgentHello> {
    const frame = await this.next();
    if (frame.type !== FrameType.AGENT_HELLO) throw new Error(`a frame of type ${frame.type} instead of AGENT-HELLO`);
    checkPlain(frame);
    return decodeAgentHello(frame.payload);
  }

  /** Sends NOTIFYs with one message without arguments each, and the ids n/1. */
  notify(...streamIds: number[]): void {
    this.send(...streamIds.map((streamId) => notify(streamId)));
  }

  /** The next frame that was not taken yet. */
  async next(): Promise<Frame> {
    await until(`frame ${this.#taken + 1}`, () => this.frames.length > this.#taken || this.ended || this.closed);
    const frame = this.frames[this.#taken];
    if (frame === undefined) throw new Error(`the agent closed before frame ${this.#taken + 1}`);
    this.#taken++;
    return frame;
  }

  /** The next ACK, behind an AGENT-HELLO by which the agent takes its offer of pipelining back (see `pacing.ts`). */
  async ack(): Promise<Ack> {
    let frame = await this.next();
    if (frame.type === FrameType.AGENT_HELLO && decodeAgentHello(frame.payload).capabilities.length === 0) {
      frame = await this.next();
    }
    if (frame.type === FrameType.AGENT_DISCONNECT) {
      throw new Error(`AGENT-DISCONNECT instead of ACK: ${JSON.stringify(decodeDisconnect(frame.payload))}`);
    }
    return decodeAck(frame);
  }

  async acks(count: number): Promise<Ack[]> {
    const acks: Ack[] = [];
    while (acks.length < count) acks.push(await this.ack());
    return acks;
  }

  /** The AGENT-DISCONNECT that comes next; nothing may follow it. */
  async disconnect(): Promise<Disconnect> {
    const frame = await this.next();
    if (frame.type !== FrameType.AGENT_DISCONNECT) {
      throw new Error(`a frame of type ${frame.type} instead of AGENT-DISCONNECT`);
    }
    checkPlain(frame);
    await this.end();
    return decodeDisconnect(frame.payload);
  }

  /** Waits for the agent to end the connection; frames that nobody took, or half a frame, are an error. */
  async end(): Promise<void> {
    await until('the end of the connection', () => this.ended || this.closed);
    const left = this.frames.slice(this.#taken).map(({ type }) => type);
    if (left.length > 0) throw new Error(`the agent sent frames of type ${left.join(', ')} before it closed`);
    if (this.#rest.length > 0) throw new Error(`the agent closed after ${this.#rest.length} bytes of a frame`);
  }

  async bye(statusCode = 0, message = 'normal'): Promise<Disconnect> {
    this.send(encodeHaproxyDisconnect({ statusCode, message }));
    return this.disconnect();
  }

  /** Ends this side at once. */
  async destroy(): Promise<void> {
    if (this.closed) return;
    this.duplex.destroy();
    await once(this.duplex, 'close');
  }
}

/** One NOTIFY frame. */
export function notify(
  streamId: number,
  messages: readonly WritableMessage[] = [{ name: 'm', args: [] }],
  frameId = 1,
): Buffer {
  return Buffer.concat(encodeNotify({ streamId, frameId }, messages));
}

export function message(name: string, args: WritableMessage['args'] = []): WritableMessage {
  return { name, args };
}

/** A frame of any type, for what no encoder would write. */
export function rawFrame(
  type: number,
  payload: Uint8Array = Buffer.alloc(0),
  { flags = FrameFlag.FIN as number, streamId = 0, frameId = 0 } = {},
): Buffer {
  return encodeFrame({ type, flags, streamId, frameId, payload });
}

/** A KV-LIST with any names, values and order. */
export function items(...list: readonly (readonly [name: string, value: WritableValue])[]): Buffer {
  return Buffer.concat(
    list.flatMap(([name, value]) => [encodeVarint(Buffer.byteLength(name)), Buffer.from(name), encodeTypedData(value)]),
  );
}

/** An ACK, checked: a HAProxy of any version would take it. */
export function decodeAck(frame: Frame): Ack {
  if (frame.type !== FrameType.ACK) throw new Error(`a frame of type ${frame.type} instead of ACK`);
  if ((frame.flags & FrameFlag.FIN) === 0) throw new Error('an ACK without FIN');
  const { streamId, frameId, flags } = frame;
  return { streamId, frameId, flags, actions: decodeActions(frame.payload) };
}

function checkPlain(frame: Frame): void {
  const { flags, streamId, frameId } = frame;
  if (flags !== FrameFlag.FIN || streamId !== 0 || frameId !== 0) {
    throw new Error(`HELLO and DISCONNECT have FIN and the ids 0, not ${JSON.stringify({ flags, streamId, frameId })}`);
  }
}
