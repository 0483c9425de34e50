import { once } from 'node:events';
import { createServer, Socket } from 'node:net';
import {
  encodeAgentDisconnect,
  encodeAgentHello,
  encodeSetVarPrefix,
  encodeTypedData,
  FrameFlag,
  FrameType,
  int64,
  type ListenTarget,
} from '@spoa/core';
import type { RunningAgent } from './kind.ts';

/*
 * No agent: what Node itself costs. Does what `spopecho` does, with sockets of node:net: finds each frame by its length, answers
 * a NOTIFY with an ACK in which nothing but the ids is its own, all ACKs of one read in one write. Nothing is checked.
 *
 * Accepted sockets are moved into ones that read into one buffer, as `packages/core/src/agent/static-socket.ts` explains.
 */

const MAX_FRAME_SIZE = 16_380;
const HELLO = encodeAgentHello({ version: '2.0', maxFrameSize: MAX_FRAME_SIZE, capabilities: ['pipelining'] });
const GOODBYE = encodeAgentDisconnect({ statusCode: 0, message: 'normal' });
const ACTION = Buffer.concat([encodeSetVarPrefix('session', 'ip_score'), encodeTypedData(int64(42))]);

const input = Buffer.allocUnsafeSlow(64 * 1024);
/** An ACK has at most an action more than the smallest NOTIFY, which is as large as an action. */
const newOutput = (): Buffer => Buffer.allocUnsafeSlow(4 * input.length);
let output = newOutput();

class Responder {
  readonly socket: Socket;
  /** The beginning of a frame whose end is still to come. */
  #held: Buffer | undefined;
  #heldLength = 0;

  constructor(accepted: Socket) {
    const from = accepted as unknown as Record<'_handle' | '_server' | 'server', unknown>;
    const onread = { buffer: input, callback: (length: number) => this.#read(length) };
    this.socket = new Socket({ handle: from._handle, onread } as ConstructorParameters<typeof Socket>[0]);
    Object.assign(this.socket, { server: from.server, _server: from._server });
    from._handle = null;
    from._server = null;
    this.socket.on('error', () => undefined).resume();
  }

  #read(length: number): true {
    let at = 0;
    let out = 0;
    if (this.#held !== undefined && this.#heldLength > 0) {
      at = this.#fill(this.#held, length);
      if (at < 0) return true;
      this.#heldLength = 0;
      out = this.#answer(this.#held, 4, out);
    }
    while (length - at >= 4) {
      const end = at + 4 + input.readUInt32BE(at);
      if (end > length) break;
      out = this.#answer(input, at + 4, out);
      at = end;
    }
    if (at < length) {
      this.#held ??= Buffer.allocUnsafe(4 + MAX_FRAME_SIZE);
      this.#heldLength = input.copy(this.#held, 0, at, length);
    }
    if (out > 0) this.#send(out);
    return true;
  }

  /** Completes the held frame; says where the next one begins, or -1 where it is still not complete. */
  #fill(held: Buffer, length: number): number {
    let at = 0;
    while (this.#heldLength < 4 && at < length) held[this.#heldLength++] = input[at++] as number;
    if (this.#heldLength < 4) return -1;
    const missing = 4 + held.readUInt32BE(0) - this.#heldLength;
    const copied = input.copy(held, this.#heldLength, at, Math.min(length, at + missing));
    this.#heldLength += copied;
    return copied === missing ? at + copied : -1;
  }

  /** Writes the answer to the frame whose type is at `at`, and says where it ends in the output. */
  #answer(bytes: Buffer, at: number, out: number): number {
    const type = bytes[at] as number;
    if (type === FrameType.NOTIFY) return putAck(bytes, at + 5, out);
    if (type === FrameType.HAPROXY_HELLO) return out + HELLO.copy(output, out);
    const end = out + GOODBYE.copy(output, out);
    this.#send(end);
    this.socket.end();
    return 0;
  }

  #send(length: number): void {
    this.socket.write(output.subarray(0, length));
    // The kernel has not taken all of it yet, and will read it from here.
    if (this.socket.writableLength > 0) output = newOutput();
  }
}

function putAck(bytes: Buffer, ids: number, start: number): number {
  let out = start + 4;
  output[out++] = FrameType.ACK;
  output[out++] = 0;
  output[out++] = 0;
  output[out++] = 0;
  output[out++] = FrameFlag.FIN;
  for (let i = 0, at = ids; i < 2; i++) {
    let byte = bytes[at++] as number;
    output[out++] = byte;
    if (byte < 240) continue;
    do {
      byte = bytes[at++] as number;
      output[out++] = byte;
    } while (byte >= 128);
  }
  for (let i = 0; i < ACTION.length; i++) output[out++] = ACTION[i] as number;
  output.writeUInt32BE(out - start - 4, start);
  return out;
}

export async function start(_kind: string, target: ListenTarget): Promise<RunningAgent> {
  const sockets = new Set<Socket>();
  const server = createServer({ pauseOnConnect: true, noDelay: true }, (accepted) => {
    const { socket } = new Responder(accepted);
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(target);
  await once(server, 'listening');
  const close = async (): Promise<void> => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  const address = server.address();
  return { port: typeof address === 'object' ? address?.port : undefined, close };
}
