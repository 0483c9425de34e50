import { Duplex } from 'node:stream';
import type { Served } from './agents.ts';
import { hello } from './payloads.ts';

/** HAProxy's side of a connection in this process: gives the agent bytes and counts the frames that come back. */
export class InProcessPeer {
  /** Frames that the agent has written, HELLO included. */
  answers = 0;
  readonly #duplex: Duplex;

  constructor(served: Pick<Served, 'handleConnection'>) {
    this.#duplex = new Duplex({
      read: () => undefined,
      write: (chunk: Buffer, _encoding, written) => {
        this.answers += countFrames(chunk);
        written();
      },
    });
    served.handleConnection(this.#duplex);
    this.send(hello());
  }

  /** One read of the agent's, however large. */
  send(bytes: Buffer): void {
    this.#duplex.push(bytes);
  }

  /** Sends one read of `frames` NOTIFYs and waits for their answers. */
  async exchange(block: Buffer, frames: number): Promise<void> {
    const due = this.answers + frames;
    this.send(block);
    do await new Promise(setImmediate);
    while (this.answers < due);
  }

  close(): void {
    this.#duplex.push(null);
  }
}

/** An agent writes whole frames. */
function countFrames(bytes: Buffer): number {
  let frames = 0;
  for (let at = 0; at < bytes.length; at += 4 + bytes.readUInt32BE(at)) frames++;
  return frames;
}
