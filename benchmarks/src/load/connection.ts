import { connect, type Socket } from 'node:net';
import {
  decodeAgentHello,
  decodeFrame,
  encodeHaproxyDisconnect,
  encodeHaproxyHello,
  FrameType,
  MIN_FRAME_LENGTH,
} from '@spoa/core';
import type { Fault } from './check-ack.ts';

export type LoadTarget = { host: string; port: number } | { path: string };

/** What a connection tells the load that it is a part of. */
export interface ConnectionEvents {
  /** The agent has said HELLO: NOTIFYs may follow. `false`: that will not be. */
  ready(isReady: boolean): void;
  /** A read brings frames: they follow one by one, from their type to their end, and then comes `readDone`. */
  readBegins(): void;
  frame(bytes: Buffer, start: number, end: number): void;
  readDone(): void;
  fault(fault: Fault): void;
  /** A connection that was ready is no more. */
  closed(): void;
}

/** Announced to the agent, and the most that is taken from it, in bytes. */
const MAX_FRAME_SIZE = 16_384;

/** One for all: what a read brings is used up, or copied, before the next. */
const input = Buffer.allocUnsafeSlow(256 * 1024);

/** One connection as HAProxy would hold it. */
export class LoadConnection {
  readonly socket: Socket;
  /** Whether the agent takes more than one NOTIFY at a time. */
  pipelining = false;
  readonly #events: ConnectionEvents;
  #state: 'hello' | 'open' | 'leaving' | 'closed' = 'hello';
  /** The beginning of a frame whose end is still to come. */
  #rest: Buffer | undefined;

  constructor(target: LoadTarget, capabilities: readonly string[], events: ConnectionEvents) {
    this.#events = events;
    const onread = { buffer: input, callback: (length: number) => this.#read(length) };
    this.socket = connect({ ...target, noDelay: true, onread });
    this.socket.on('error', () => undefined);
    this.socket.on('close', () => this.#closed());
    this.socket.write(
      encodeHaproxyHello({
        supportedVersions: ['2.0'],
        maxFrameSize: MAX_FRAME_SIZE,
        capabilities: [...capabilities],
        engineId: 'benchmark-engine',
      }),
    );
  }

  get isOpen(): boolean {
    return this.#state === 'open';
  }

  /** Says HAPROXY-DISCONNECT; the agent closes. */
  leave(): void {
    if (this.#state !== 'open') return;
    this.#state = 'leaving';
    this.socket.end(encodeHaproxyDisconnect({ statusCode: 0, message: 'normal' }));
  }

  #read(length: number): true {
    let bytes = input;
    let end = length;
    if (this.#rest !== undefined) {
      bytes = Buffer.concat([this.#rest, input.subarray(0, length)]);
      end = bytes.length;
      this.#rest = undefined;
    }
    this.#events.readBegins();
    const at = this.#frames(bytes, end);
    if (at < end) this.#rest = Buffer.from(bytes.subarray(at, end));
    this.#events.readDone();
    return true;
  }

  /** Takes the whole frames and says where they end. */
  #frames(bytes: Buffer, end: number): number {
    let at = 0;
    while (end - at >= 4) {
      const size = bytes.readUInt32BE(at);
      if (size < MIN_FRAME_LENGTH || size > MAX_FRAME_SIZE) {
        this.#fail('protocol');
        return end;
      }
      if (end - at < 4 + size) break;
      if (this.#state === 'open') this.#events.frame(bytes, at + 4, at + 4 + size);
      else if (this.#state === 'hello') this.#hello(bytes.subarray(at, at + 4 + size));
      at += 4 + size;
    }
    return at;
  }

  #hello(frame: Buffer): void {
    try {
      const { type, payload } = decodeFrame(frame);
      const { version, maxFrameSize, capabilities } = decodeAgentHello(payload);
      const isSound = version.startsWith('2.') && maxFrameSize >= 256 && maxFrameSize <= MAX_FRAME_SIZE;
      if (type !== FrameType.AGENT_HELLO || !isSound) return this.#fail('hello');
      this.pipelining = capabilities.includes('pipelining');
      this.#state = 'open';
      this.#events.ready(true);
    } catch {
      this.#fail('hello');
    }
  }

  #fail(fault: Fault): void {
    this.#events.fault(fault);
    this.socket.destroy();
    this.#closed(true);
  }

  #closed(isCounted = false): void {
    const before = this.#state;
    if (before === 'closed') return;
    this.#state = 'closed';
    if (!isCounted && before === 'hello') this.#events.fault('hello');
    if (!isCounted && before === 'open') this.#events.fault('closed');
    if (before === 'hello') this.#events.ready(false);
    else this.#events.closed();
  }
}
