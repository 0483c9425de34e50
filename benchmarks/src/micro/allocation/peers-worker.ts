import { connect, type Socket } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';
import { FrameSplitter } from '@spoa/core';
import { hello } from '../payloads.ts';

/*
 * HAProxy's side of TCP connections, in a thread of its own, so that its memory is not counted as the agent's. Each command is
 * answered by a message when it is done.
 */

export type Command =
  /** Opens so many more connections and says HELLO on them. */
  | { readonly open: number }
  /** Writes a block of `frames` NOTIFYs to every connection and waits for all answers, `rounds` times. */
  | { readonly block: Uint8Array; readonly frames: number; readonly rounds: number };

const { port } = workerData as { port: number };
const sockets: Socket[] = [];
/** One for all sockets: a splitter keeps none of it. */
const readBuffer = Buffer.alloc(64 * 1024);
/** Frames that are still to come. */
let due = 0;
let allArrived: () => void = () => undefined;

function open(): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const splitter = new FrameSplitter(16380, () => true);
    const callback = (length: number): boolean => {
      splitter.feed(readBuffer, length);
      while (splitter.next()) due--;
      if (due === 0) allArrived();
      return true;
    };
    const socket = connect({ port, host: '127.0.0.1', noDelay: true, onread: { buffer: readBuffer, callback } });
    socket.once('error', reject);
    socket.once('connect', () => resolve(socket));
  });
}

function exchange(to: readonly Socket[], block: Uint8Array, frames: number): Promise<void> {
  return new Promise((resolve) => {
    due = to.length * frames;
    allArrived = resolve;
    for (const socket of to) socket.write(block);
  });
}

async function run(command: Command): Promise<void> {
  if ('open' in command) {
    const opened: Socket[] = [];
    for (let i = 0; i < command.open; i++) opened.push(await open());
    sockets.push(...opened);
    await exchange(opened, hello(), 1);
  } else {
    const { block, frames, rounds } = command;
    for (let round = 0; round < rounds; round++) await exchange(sockets, block, frames);
  }
}

parentPort?.on('message', (command: Command) => {
  void run(command).then(() => parentPort?.postMessage('done'));
});
