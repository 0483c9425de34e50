import { SpoaError } from '../errors.ts';
import type { MessageIndex } from './message-index.ts';
import { nameOf, nameText } from './names.ts';
import { Positions } from './positions.ts';
import { RememberedText } from './remembered-text.ts';
import { DATA_TYPE_NAMES, type DataTypeName, type Value } from './typed-data.ts';
import { valueAt, viewAt } from './value-at.ts';

/** One argument of a message, decoded. */
export interface Argument {
  /** Empty for an argument without a name. */
  readonly name: string;
  readonly type: DataTypeName;
  readonly value: Value;
}

/** The last text of an argument that was asked for by its position. */
const textByPosition = new RememberedText();

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
    return nameText(index.bytes, index.messageNameStart(this.#number), index.messageNameEnd(this.#number));
  }

  /** How many arguments there are, 0 to 255. */
  get length(): number {
    return this.#index.argumentCount(this.#number);
  }

  /** The value of the first argument named `name`; `undefined` where there is none (`null` is a value that HAProxy sent). */
  get(name: string): Value | undefined {
    const index = this.#index;
    const wanted = nameOf(name);
    const argument = index.findArgument(this.#number, wanted);
    return argument < 0 ? undefined : valueAt(index.bytes, index.valueStart(argument), wanted.text);
  }

  /**
   * The bytes of the first argument named `name`, where it is a STRING or BINARY, without a copy; `undefined` otherwise. They are
   * valid until the handler returns or awaits, and may be anything's then. Behind an `await`, ask again.
   */
  view(name: string): Buffer | undefined {
    const index = this.#index;
    const argument = index.findArgument(this.#number, nameOf(name));
    return argument < 0 ? undefined : viewAt(index.bytes, index.valueStart(argument));
  }

  has(name: string): boolean {
    return this.#index.findArgument(this.#number, nameOf(name)) >= 0;
  }

  /** Argument number `position`, from 0; `undefined` beyond the last. */
  at(position: number): Argument | undefined {
    if (!isPosition(position, this.length)) return undefined;
    const index = this.#index;
    const argument = index.firstArgument(this.#number) + position;
    return {
      name: nameText(index.bytes, index.argumentNameStart(argument), index.argumentNameEnd(argument)),
      type: DATA_TYPE_NAMES[(index.bytes[index.valueStart(argument)] as number) & 0x0f] as DataTypeName,
      value: valueAt(index.bytes, index.valueStart(argument), textByPosition),
    };
  }

  [Symbol.iterator](): IterableIterator<Argument, undefined> {
    return new Positions(this);
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

  [Symbol.iterator](): IterableIterator<Message, undefined> {
    return new Positions(this);
  }
}
