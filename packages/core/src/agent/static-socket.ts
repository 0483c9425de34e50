import { Socket } from 'node:net';

/*
 * What a stream does for everybody costs more than an ACK does, so accepted sockets do less:
 *
 * - `net` makes a buffer of 64 KiB for every read and leaves it to the garbage collector. A client's socket can be given one
 *   buffer for all its reads instead (`onread`, documented); an accepted one cannot, so its handle is moved into a socket that
 *   was made with `onread`.
 * - `write` keeps a queue and calls back in a tick of its own, which is a second way into JavaScript for every frame. `_write`
 *   is what it calls in the end: it gives the bytes to the kernel, and calls back at once when that has taken them.
 *
 * What this relies on beyond the documentation is the same in Node 20 to 26: the option `handle` of `net.Socket`, the
 * properties `_handle`, `server` and `_server` of an accepted socket, and that `_write` of a connected socket may be called
 * while an earlier one is not done. Where the first are not as expected, the socket stays as it is. Figures are in
 * benchmarks/README.md.
 */

interface Handle {
  useUserBuffer?(buffer: Uint8Array): void;
}

interface AcceptedSocket {
  _handle: Handle | null;
  server: unknown;
  _server: unknown;
}

/** One for all connections: what a read brings is used up, or copied, before the next read. */
const READ_BUFFER = Buffer.allocUnsafeSlow(64 * 1024);

/** A socket that reads into one buffer, and writes past the queue of its stream: it must not be written to in both ways. */
export class StaticSocket extends Socket {
  /**
   * Writes `bytes`, which must not change until `done` is called: mostly before this returns, else when the kernel has taken
   * the last of them, and with an error when it will not.
   */
  send(bytes: Buffer, done: (error?: Error | null) => void): void {
    this._write(bytes, BUFFER, done);
  }
}

/** How a stream says that a chunk needs no encoding. */
const BUFFER = 'buffer' as BufferEncoding;

/**
 * Moves a just accepted, paused socket into a static one.
 *
 * @param onChunk gets the buffer and how many bytes of it were read; they change when it has returned
 * @returns the socket to use from now on, or `undefined` where this cannot be done
 */
export function makeStatic(
  accepted: Socket,
  onChunk: (buffer: Buffer, length: number) => void,
): StaticSocket | undefined {
  const from = accepted as unknown as AcceptedSocket;
  const handle = from._handle;
  if (typeof handle?.useUserBuffer !== 'function' || accepted.readableLength > 0) return undefined;
  const socket = new StaticSocket({
    handle,
    onread: {
      buffer: READ_BUFFER,
      callback(length: number): boolean {
        onChunk(READ_BUFFER, length);
        return true;
      },
    },
  } as ConstructorParameters<typeof Socket>[0]);
  // The server counts its connections: this one goes on in the new socket.
  const to = socket as unknown as AcceptedSocket;
  to.server = from.server;
  to._server = from._server;
  from._handle = null;
  from._server = null;
  return socket;
}
