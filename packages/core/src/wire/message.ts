import { SpoaError } from '../errors.ts';
import type { MessageIndex } from './message-index.ts';
import { Name } from './name.ts';
import { Reader } from './reader.ts';
import { DATA_TYPE_NAMES, type DataTypeName, readTypedData, type Value } from './typed-data.ts';

/** One argument of a message, decoded. */
export interface Argument {
  /** Empty for an argument without a name. */
  readonly name: string;
  readonly type: DataTypeName;
  readonly value: Value;
}

const names = new Map<string, Name>();
const MAX_KEPT_NAMES = 4096;
/** Longer ones are nobody's constants; and V8 hashes texts beyond 16383 characters by their length alone. */
const MAX_KEPT_LENGTH = 256;

/** A name that the program looks up, kept: there are few of them and they come with every frame. */
function nameOf(text: string): Name {
  if (text.length > MAX_KEPT_LENGTH) return new Name(text);
  let name = names.get(text);
  if (name === undefined) {
    name = new Name(text);
    if (names.size < MAX_KEPT_NAMES) names.set(text, name);
  }
  return name;
}

/** Values are read one after the other, and no foreign code runs while one is read. */
const NOTHING = Buffer.alloc(0);
const reader = new Reader(NOTHING);

function isPosition(position: number, length: number): boolean {
  return Number.isInteger(position) && position >= 0 && position < length;
}

/** Messages refer to the NOTIFY's bytes, which others use after its ACK: who comes too late is told so. */
function usedTooLate(): SpoaError {
  return new SpoaError('SPOA_NOTIFY_SETTLED', 'a message was used after the ACK of its NOTIFY had left');
}

/**
 * One message of a NOTIFY. Arguments stay in HAProxy's order, unnamed and duplicate ones included; a value is decoded when it
 * is asked for.
 */
export class Message implements Iterable<Argument> {
  readonly #whole: MessageIndex;
  readonly #generation: number;
  readonly #number: number;

  /** @internal */
  constructor(index: MessageIndex, number: number) {
    this.#whole = index;
    this.#generation = index.generation;
    this.#number = number;
  }

  get #index(): MessageIndex {
    if (this.#whole.generation !== this.#generation) throw usedTooLate();
    return this.#whole;
  }

  get name(): string {
    const index = this.#index;
    return index.bytes.toString('utf8', index.messageNameStart(this.#number), index.messageNameEnd(this.#number));
  }

  /** How many arguments there are, 0 to 255. */
  get length(): number {
    return this.#index.argumentCount(this.#number);
  }

  /** The value of the first argument named `name`; `undefined` where there is none (`null` is a value that HAProxy sent). */
  get(name: string): Value | undefined {
    const argument = this.#find(name);
    return argument < 0 ? undefined : this.#value(argument);
  }

  has(name: string): boolean {
    return this.#find(name) >= 0;
  }

  /** Argument number `position`, from 0; `undefined` beyond the last. */
  at(position: number): Argument | undefined {
    if (!isPosition(position, this.length)) return undefined;
    const index = this.#index;
    const argument = index.firstArgument(this.#number) + position;
    return {
      name: index.bytes.toString('utf8', index.argumentNameStart(argument), index.argumentNameEnd(argument)),
      type: DATA_TYPE_NAMES[(index.bytes[index.valueStart(argument)] as number) & 0x0f] as DataTypeName,
      value: this.#value(argument),
    };
  }

  *[Symbol.iterator](): Generator<Argument> {
    for (let i = 0; i < this.length; i++) yield this.at(i) as Argument;
  }

  #find(name: string): number {
    return this.#index.findArgument(this.#number, nameOf(name));
  }

  #value(argument: number): Value {
    const { bytes } = this.#index;
    reader.reset(bytes, this.#index.valueStart(argument), bytes.length);
    const value = readTypedData(reader);
    reader.reset(NOTHING, 0, 0);
    return value;
  }
}

/** The messages of one NOTIFY, in HAProxy's order. */
export class MessageList implements Iterable<Message> {
  readonly #whole: MessageIndex;
  readonly #generation: number;

  /** @internal */
  constructor(index: MessageIndex) {
    this.#whole = index;
    this.#generation = index.generation;
  }

  get #index(): MessageIndex {
    if (this.#whole.generation !== this.#generation) throw usedTooLate();
    return this.#whole;
  }

  get length(): number {
    return this.#index.messageCount;
  }

  /** The first message named `name`. */
  get(name: string): Message | undefined {
    const number = this.#index.findMessage(nameOf(name));
    return number < 0 ? undefined : new Message(this.#index, number);
  }

  /** Message number `position`, from 0; `undefined` beyond the last. */
  at(position: number): Message | undefined {
    return isPosition(position, this.length) ? new Message(this.#index, position) : undefined;
  }

  *[Symbol.iterator](): Generator<Message> {
    for (let i = 0; i < this.length; i++) yield new Message(this.#index, i);
  }
}
