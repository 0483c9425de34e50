import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type Server, Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Outbox } from '../../src/agent/outbox.ts';
import { makeStatic, type StaticSocket } from '../../src/agent/static-socket.ts';
import { temporaryFolder } from './support/transports.ts';
import { until } from './support/until.ts';

interface Pair {
  readonly server: Server;
  readonly socket: StaticSocket;
  readonly peer: Socket;
  /** What was read, and the buffers that it was read into. */
  readonly read: Buffer[];
  readonly buffers: Set<Buffer>;
  /** What `socket` has emitted. */
  readonly events: string[];
}

/** A static socket, and the peer that it was made for. */
async function pair(transport: string): Promise<Pair> {
  const server = createServer({ pauseOnConnect: true });
  const accepting = once(server, 'connection');
  if (transport === 'unix') server.listen(join(temporaryFolder(), 's.sock'));
  else server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address() as string | { port: number };
  const peer = typeof address === 'string' ? connect(address) : connect(address.port, '127.0.0.1');
  peer.on('error', () => undefined);
  const [accepted] = (await accepting) as [Socket];
  const read: Buffer[] = [];
  const buffers = new Set<Buffer>();
  const socket = makeStatic(accepted, (buffer, length) => {
    buffers.add(buffer);
    read.push(Buffer.from(buffer.subarray(0, length)));
  });
  if (socket === undefined) throw new Error('the socket stays as it is');
  const events: string[] = [];
  for (const event of ['error', 'close', 'end']) {
    socket.on(event, (error?: NodeJS.ErrnoException) => events.push(error?.code ?? event));
  }
  socket.resume();
  onTestFinished(() => {
    peer.destroy();
    socket.destroy();
    server.close();
  });
  return { server, socket, peer, read, buffers, events };
}

const SIZE = 64 * 1024;

/** Chunks that differ, together more than any kernel takes for a peer that does not read. */
const CHUNKS = Array.from({ length: 400 }, (_, i) => Buffer.alloc(SIZE, `chunk ${i} `));
const LENGTH = CHUNKS.length * SIZE;
const DIGEST = CHUNKS.reduce((hash, chunk) => hash.update(chunk), createHash('sha256')).digest('hex');

/** Reads `length` bytes and says what they were. */
async function digest(peer: Socket, length: number): Promise<string> {
  const hash = createHash('sha256');
  let got = 0;
  peer.on('data', (chunk: Buffer) => {
    hash.update(chunk);
    got += chunk.length;
  });
  await until('all bytes', () => got >= length);
  expect(got).toBe(length);
  return hash.digest('hex');
}

describe.each(['tcp', 'unix'])('a static socket over %s', (transport) => {
  test('reads all of them into one buffer', async () => {
    const pairs = [await pair(transport), await pair(transport)];
    for (const { peer, read } of pairs) {
      peer.write('ping');
      await until('the bytes', () => Buffer.concat(read).toString() === 'ping');
    }
    expect(new Set(pairs.flatMap(({ buffers }) => [...buffers])).size).toBe(1);
  });

  test('says at once that the kernel has taken the bytes', async () => {
    const { socket, peer } = await pair(transport);
    const done: unknown[] = [];
    socket.send(Buffer.from('pong'), (error) => done.push(error ?? 'taken'));
    expect(done).toEqual(['taken']);
    expect(String(await once(peer, 'data'))).toBe('pong');
  });

  test('takes more while a peer does not read: all arrives, in order, and each is said to be taken once', async () => {
    const { socket, peer, events } = await pair(transport);
    const taken: number[] = [];
    for (const [i, chunk] of CHUNKS.entries()) {
      socket.send(chunk, (error) => taken.push(error == null ? i : -1));
    }
    expect(taken.length).toBeLessThan(CHUNKS.length);
    expect(await digest(peer, LENGTH)).toBe(DIGEST);
    await until('the last to be taken', () => taken.length >= CHUNKS.length);
    expect(taken).toEqual(CHUNKS.map((_, i) => i));
    socket.send(Buffer.from('one more'), (error) => taken.push(error == null ? CHUNKS.length : -1));
    expect(taken.at(-1)).toBe(CHUNKS.length);
    expect(events).toEqual([]);
  });

  test('takes more from within the callback of an earlier one', async () => {
    const { socket, peer } = await pair(transport);
    let next = 0;
    const send = (): void => {
      const chunk = CHUNKS[next++];
      if (chunk !== undefined) socket.send(chunk, send);
    };
    send();
    send();
    expect(await digest(peer, LENGTH)).toBe(DIGEST);
  });

  test('what was sent before the end arrives before the end', async () => {
    const { socket, peer } = await pair(transport);
    for (const chunk of CHUNKS) socket.send(chunk, () => undefined);
    socket.end();
    const ended = once(peer, 'end');
    expect(await digest(peer, LENGTH)).toBe(DIGEST);
    await ended;
  });

  test('is full while the peer does not read, and says once that it is not any more', async () => {
    const { socket, peer } = await pair(transport);
    let drained = 0;
    const outbox = new Outbox(socket, () => drained++);
    for (const chunk of CHUNKS) outbox.write(chunk);
    expect(outbox.full).toBe(true);
    expect(outbox.bytesSent).toBe(LENGTH);
    expect(drained).toBe(0);
    expect(await digest(peer, LENGTH)).toBe(DIGEST);
    await until('room', () => !outbox.full);
    expect(drained).toBe(1);
  });

  test('a peer that goes while bytes wait: each ends once, and the error is told once', async () => {
    const { socket, peer, events } = await pair(transport);
    const outbox = new Outbox(socket, () => undefined);
    const calls = CHUNKS.map(() => 0);
    for (const [i, chunk] of CHUNKS.slice(0, 200).entries()) {
      socket.send(chunk, () => {
        calls[i] = (calls[i] as number) + 1;
      });
    }
    for (const chunk of CHUNKS.slice(200)) outbox.write(chunk);
    if (transport === 'unix') peer.destroy();
    else peer.resetAndDestroy();
    await until('the end', () => events.includes('close'));
    expect(events).toHaveLength(2);
    expect(['EPIPE', 'ECONNRESET']).toContain(events[0]);
    expect(calls).toEqual(CHUNKS.map((_, i) => (i < 200 ? 1 : 0)));
  });

  test('bytes for a peer that has gone end with an error, as those behind them', async () => {
    const { socket, peer, events } = await pair(transport);
    const outbox = new Outbox(socket, () => undefined);
    if (transport === 'unix') peer.destroy();
    else peer.resetAndDestroy();
    await once(peer, 'close');
    // The kernel may take the first ones still.
    await until('an error', () => {
      if (!socket.destroyed) outbox.write(CHUNKS[0] as Buffer);
      return socket.destroyed;
    });
    outbox.write(CHUNKS[0] as Buffer);
    await until('the end', () => events.includes('close'));
    const errors = events.filter((event) => event !== 'close' && event !== 'end');
    expect(errors).toHaveLength(1);
    expect(['EPIPE', 'ECONNRESET']).toContain(errors[0]);
  });

  test('counts as a connection of its server', async () => {
    const { server, socket, peer } = await pair(transport);
    const count = () => new Promise<number>((resolve) => server.getConnections((_, number) => resolve(number)));
    expect(await count()).toBe(1);
    const closed = once(server, 'close');
    server.close();
    peer.end();
    await once(socket, 'end');
    socket.end();
    await closed;
  });
});

describe('stays as it is', () => {
  test('a socket without a handle', () => {
    expect(makeStatic(new Socket(), () => undefined)).toBeUndefined();
  });

  test('a socket that has read already', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const peer = connect((server.address() as { port: number }).port, '127.0.0.1');
    peer.write('early');
    const [accepted] = (await once(server, 'connection')) as [Socket];
    accepted.on('readable', () => undefined);
    await until('its bytes', () => accepted.readableLength > 0);
    expect(makeStatic(accepted, () => undefined)).toBeUndefined();
    expect(String(accepted.read())).toBe('early');
    peer.destroy();
    accepted.destroy();
  });
});
