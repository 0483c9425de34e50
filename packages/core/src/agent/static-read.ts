import { Socket } from 'node:net';

/*
 * `net` makes a buffer of 64 KiB for every read of a socket and leaves it to the garbage collector. A client's socket can be
 * given one buffer for all its reads instead (`onread`, documented); an accepted one cannot, so its handle is moved into a
 * socket that was made with `onread`. Frames that are small and many gain most: measured in benchmarks/README.md.
 *
 * What it relies on beyond the documentation, the same in Node 20 to 26: the option `handle` of `net.Socket`, and the
 * properties `_handle`, `server` and `_server` of an accepted socket. Where they are not as expected, the socket stays as it is.
 */

interface Handle {
  useUserBuffer?(buffer: Uint8Array): void;
  readStop?(): number;
}

interface AcceptedSocket {
  _handle: Handle | null;
  server: unknown;
  _server: unknown;
}

/** One for all connections: what a read brings is used up, or copied, before the next read. */
const READ_BUFFER = Buffer.allocUnsafeSlow(64 * 1024);

/**
 * Makes a just accepted, paused socket read into one buffer that all such sockets share.
 *
 * @param onChunk gets the buffer and how many bytes of it were read; they change when it has returned
 * @returns the socket to use from now on, or `undefined` where this cannot be done
 */
export function readStatically(
  accepted: Socket,
  onChunk: (buffer: Buffer, length: number) => void,
): Socket | undefined {
  const from = accepted as unknown as AcceptedSocket;
  const handle = from._handle;
  if (typeof handle?.useUserBuffer !== 'function' || accepted.readableLength > 0) return undefined;
  const socket = new Socket({
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
