import { EventEmitter, once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

/** A whole frame as it went over the wire, LENGTH included. */
export interface RecordedFrame {
  from: 'haproxy' | 'agent';
  hex: string;
}

/** What the agent says, written by hand: nothing here goes through the codec that the recordings are to prove. */
export interface Answers {
  /** The whole AGENT-HELLO, in hexadecimal. */
  hello: string;
  /** The LIST-OF-ACTIONS of every ACK, in hexadecimal. */
  actions: string;
}

const DEADLINE_MS = 10_000;

const HAPROXY_HELLO = 1;
const HAPROXY_DISCONNECT = 2;
const FIN = 1;
const AGENT_DISCONNECT = `
  00000025 66 00000001 00 00
  0b 7374617475732d636f6465 03 00
  07 6d657373616765 08 06 6e6f726d616c`;

/** An agent that answers as it was told and keeps every frame of either side, one list a connection. */
export class RecordingAgent {
  readonly connections: RecordedFrame[][] = [];
  readonly #answers: Answers;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #frames = new EventEmitter();

  private constructor(answers: Answers) {
    this.#answers = answers;
    this.#server = createServer((socket) => this.#serve(socket));
  }

  static async start(answers: Answers): Promise<RecordingAgent> {
    const agent = new RecordingAgent(answers);
    agent.#server.listen(0, '127.0.0.1');
    await once(agent.#server, 'listening');
    return agent;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Waits until HAProxy has sent `count` frames of a type. */
  async received(type: number, count = 1): Promise<void> {
    const frames = (): Buffer[] =>
      this.connections.flatMap((list) => list.filter(({ from }) => from === 'haproxy').map(({ hex }) => bytesOf(hex)));
    const deadline = AbortSignal.timeout(DEADLINE_MS);
    while (frames().filter((frame) => typeOf(frame) === type).length < count) {
      if (deadline.aborted) throw new Error(`${count} frames of type ${type} did not come: ${frames().map(typeOf)}`);
      await Promise.race([once(this.#frames, 'frame'), once(deadline, 'abort')]);
    }
  }

  async close(): Promise<void> {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await once(this.#server, 'close');
  }

  #serve(socket: Socket): void {
    const frames: RecordedFrame[] = [];
    this.connections.push(frames);
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    let pending = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      pending = Buffer.concat([pending, chunk]);
      while (pending.length >= 4 && pending.length >= 4 + pending.readUInt32BE()) {
        const frame = pending.subarray(0, 4 + pending.readUInt32BE());
        pending = pending.subarray(frame.length);
        frames.push({ from: 'haproxy', hex: frame.toString('hex') });
        const answer = this.#answerTo(frame);
        if (answer === undefined) continue;
        frames.push({ from: 'agent', hex: answer.toString('hex') });
        socket.write(answer);
        if (typeOf(frame) === HAPROXY_DISCONNECT) socket.end();
      }
      this.#frames.emit('frame');
    });
  }

  #answerTo(frame: Buffer): Buffer | undefined {
    if (typeOf(frame) === HAPROXY_HELLO) return bytesOf(this.#answers.hello);
    if (typeOf(frame) === HAPROXY_DISCONNECT) return bytesOf(AGENT_DISCONNECT);
    if ((frame.readUInt32BE(5) & FIN) === 0) return undefined;
    const body = Buffer.concat([bytesOf('67 00000001'), idsOf(frame), bytesOf(this.#answers.actions)]);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(body.length);
    return Buffer.concat([length, body]);
  }
}

function typeOf(frame: Buffer): number {
  return frame.readUInt8(4);
}

/** The bytes of stream-id and frame-id, which an ACK repeats: nobody has to know what numbers they are. */
function idsOf(frame: Buffer): Buffer {
  let end = 9;
  for (let ids = 0; ids < 2; ids++) {
    if (frame.readUInt8(end++) < 0xf0) continue;
    while (frame.readUInt8(end++) >= 0x80);
  }
  return frame.subarray(9, end);
}

function bytesOf(hex: string): Buffer {
  return Buffer.from(hex.replaceAll(/\s/g, ''), 'hex');
}
