import { SpoaError } from '../errors.ts';
import { FrameFlag, FrameType, readId } from '../wire/frame.ts';
import { FrameSplitter } from '../wire/frame-splitter.ts';
import { Reader } from '../wire/reader.ts';
import { Fragments } from './fragments.ts';

/** What came. */
export const Incoming = {
  /** Nothing more: the chunk is used up. */
  NOTHING: 0,
  /** A NOTIFY, whole. */
  NOTIFY: 1,
  /** A fragment: nothing is to be done yet. */
  PART: 2,
  /** A fragmented NOTIFY that is to be refused: `refusal` says why. */
  REFUSED: 3,
  HELLO: 4,
  DISCONNECT: 5,
} as const;

export type Incoming = (typeof Incoming)[keyof typeof Incoming];

/** A HAPROXY-HELLO has 133 bytes; nobody gets memory for more before he has said it. */
const MAX_HELLO_SIZE = 4096;

const NOTHING = Buffer.alloc(0);

/** The way into a connection: what its frames say, and whether they may say it. */
export class Inbox {
  /** The frame that `next` found: its ids, and its payload, which is valid until `next` or `feed` is called. */
  streamId = 0;
  frameId = 0;
  readonly payload = new Reader(NOTHING);
  refusal: SpoaError | undefined;
  /** Frames that came. */
  frames = 0;
  readonly #splitter: FrameSplitter;
  /** HAPROXY-HELLO was answered. */
  #greeted = false;
  /** There when fragmentation was agreed on. */
  #fragments: Fragments | undefined;

  constructor() {
    this.#splitter = new FrameSplitter(MAX_HELLO_SIZE, (type) => this.#accepts(type));
  }

  #accepts(type: number): boolean {
    if (!this.#greeted) return type === FrameType.HAPROXY_HELLO;
    return type === FrameType.NOTIFY || type === FrameType.HAPROXY_DISCONNECT || type === FrameType.UNSET;
  }

  /**
   * The handshake is over.
   *
   * @param maxFrameSize what HAProxy may send, in bytes
   * @param maxNotifySize of fragments together, in bytes; `undefined`: there may be none
   */
  greeted(maxFrameSize: number, maxNotifySize: number | undefined): void {
    this.#greeted = true;
    this.#splitter.maxFrameSize = maxFrameSize;
    if (maxNotifySize !== undefined) this.#fragments = new Fragments(maxNotifySize);
  }

  /** Takes the next chunk, or the first `length` bytes of it. */
  feed(chunk: Buffer, length: number): void {
    this.#splitter.feed(chunk, length);
  }

  /** Copies what is left of the chunk, for its memory is about to be used again. */
  keep(): void {
    this.#splitter.keep();
  }

  /** Lets go of the payload: an idle connection holds on to nothing that it has read. */
  release(): void {
    this.payload.reset(NOTHING, 0, 0);
  }

  /** Forgets the fragments that were gathered. */
  reset(): void {
    this.#fragments?.reset();
  }

  /** The first bytes of what cannot be read. */
  get head(): Buffer {
    return this.#splitter.head;
  }

  /** Whether a frame, or a fragmented NOTIFY, has begun and not ended. */
  get incomplete(): boolean {
    return this.#splitter.heldLength > 0 || this.fragmented;
  }

  /** Whether a fragmented NOTIFY has begun and not ended. */
  get fragmented(): boolean {
    return this.#fragments?.open === true;
  }

  /** Takes the next frame of the chunk. @throws SpoaError where the peer broke the rules */
  next(): Incoming {
    const splitter = this.#splitter;
    if (!splitter.next()) return Incoming.NOTHING;
    this.frames++;
    const reader = this.payload;
    reader.reset(splitter.bytes, splitter.start, splitter.end);
    const type = reader.u8();
    const flags = reader.u32();
    this.streamId = readId(reader);
    this.frameId = readId(reader);
    if (type === FrameType.NOTIFY && (flags & FrameFlag.FIN) !== 0 && !this.fragmented) return Incoming.NOTIFY;
    return this.#rare(type, flags);
  }

  /** What comes once a connection, or in fragments. */
  #rare(type: number, flags: number): Incoming {
    if (type === FrameType.NOTIFY || type === FrameType.UNSET) return this.#fragment(type, flags);
    if ((flags & FrameFlag.FIN) === 0 || this.streamId !== 0 || this.frameId !== 0) {
      throw new SpoaError('SPOA_FRAME_INVALID', 'HELLO and DISCONNECT are one frame with the ids 0');
    }
    return type === FrameType.HAPROXY_HELLO ? Incoming.HELLO : Incoming.DISCONNECT;
  }

  /** A part of a NOTIFY, or its abortion. */
  #fragment(type: number, flags: number): Incoming {
    if (this.#fragments === undefined) {
      throw new SpoaError('SPOA_FRAGMENTATION_UNSUPPORTED', 'a fragment, though fragmentation was not agreed on');
    }
    const part = this.payload.view(this.payload.remaining);
    const result = this.#fragments.take(type, flags, this.streamId, this.frameId, part);
    if (result === undefined) return Incoming.PART;
    if (result instanceof SpoaError) {
      this.refusal = result;
      return Incoming.REFUSED;
    }
    this.payload.reset(result, 0, result.length);
    return Incoming.NOTIFY;
  }
}
