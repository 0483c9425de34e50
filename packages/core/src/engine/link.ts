import type { Duplex } from 'node:stream';
import { setImmediate } from 'node:timers';
import { SpoaError } from '../errors.ts';
import { type FrameHeader, readFrameHeader } from '../wire/frame.ts';
import { FrameSplitter } from '../wire/frame-splitter.ts';
import { asBuffer, Reader } from '../wire/reader.ts';
import { Outbox } from './outbox.ts';
import { closeDuplex } from './target.ts';

/** What a link tells. */
export interface LinkHandler {
  /** Whether a frame of this type may come: asked before the rest of it is waited for. */
  accepts(type: number): boolean;
  /** A frame. The payload is valid until this returns. */
  frame(header: FrameHeader, payload: Buffer): void;
  /** All that was read is used, but for `heldBytes` of an unfinished frame. */
  used(heldBytes: number): void;
  /** The bytes make no frames: nothing more will be read. */
  fault(error: SpoaError): void;
  /** The agent ended the connection (in mid-frame, where bytes are held), or it broke. */
  ended(error: Error | undefined, heldBytes: number): void;
  /** More may be written. */
  drained(): void;
}

/** One connection to an agent, as frames. */
export class Link {
  handler: LinkHandler;
  readonly outbox: Outbox;
  /** Resolves when nothing is left of the connection. */
  readonly closed: Promise<void>;
  /** The most bytes that one read brought. */
  largestRead = 0;
  readonly #duplex: Duplex;
  readonly #splitter: FrameSplitter;
  readonly #reader = new Reader(Buffer.alloc(0));
  /** Whether chunks are still read, and whether frames are found in them. */
  #reads = true;
  #intact = true;

  constructor(duplex: Duplex, maxFrameSize: number, handler: LinkHandler) {
    this.#duplex = duplex;
    this.handler = handler;
    this.outbox = new Outbox(duplex, () => this.handler.drained());
    this.#splitter = new FrameSplitter(maxFrameSize, (type) => this.handler.accepts(type));
    this.closed = new Promise((resolve) => {
      if (duplex.closed) resolve();
      else duplex.once('close', resolve);
    });
    duplex.on('data', (chunk: Uint8Array) => this.#receive(asBuffer(chunk)));
    duplex.on('end', () => this.#ended(undefined));
    duplex.on('error', (error) => this.#ended(error));
    duplex.on('close', () => this.#ended(undefined));
    if (duplex.destroyed) setImmediate(() => this.#ended(undefined));
  }

  get maxFrameSize(): number {
    return this.#splitter.maxFrameSize;
  }

  set maxFrameSize(bytes: number) {
    this.#splitter.maxFrameSize = bytes;
  }

  #receive(chunk: Buffer): void {
    if (!this.#reads) return;
    if (chunk.length > this.largestRead) this.largestRead = chunk.length;
    this.#splitter.feed(chunk);
    while (this.#intact && this.#nextFrame()) {
      const reader = this.#reader;
      const header = this.#header();
      if (header !== undefined) this.handler.frame(header, reader.view(reader.remaining));
    }
    if (this.#reads) this.handler.used(this.#splitter.heldLength);
  }

  #nextFrame(): boolean {
    try {
      return this.#splitter.next();
    } catch (error) {
      this.#fault(error as SpoaError);
      return false;
    }
  }

  #header(): FrameHeader | undefined {
    const { bytes, start, end } = this.#splitter;
    this.#reader.reset(bytes, start, end);
    try {
      return readFrameHeader(this.#reader);
    } catch (error) {
      this.#fault(error as SpoaError);
      return undefined;
    }
  }

  #fault(error: SpoaError): void {
    this.#intact = false;
    this.#reads = false;
    this.handler.fault(error);
  }

  #ended(error: Error | undefined): void {
    if (!this.#reads) return;
    this.#reads = false;
    this.handler.ended(error, this.#splitter.heldLength);
  }

  /** Writes what is due and ends the connection. What is left of the chunk in hand still goes to the handler. */
  close(reset = false): void {
    this.#reads = false;
    this.outbox.flush();
    closeDuplex(this.#duplex, reset);
  }
}
