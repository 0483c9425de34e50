import {
  type DataType,
  Message,
  type MessageIndex,
  Name,
  type NotifyContext,
  Reader,
  RememberedText,
  readLength,
} from '@spoa/core';
import { FrameworkError } from '../errors.ts';
import { ARGUMENT_TYPES, type ArgumentReader, type ArgumentTypeName, typeName } from './argument-type.ts';
import type { Parameter } from './parameter.ts';

/** Gives one parameter its value for message number `message` of a NOTIFY. */
export type Binding = (notify: NotifyContext, message: number) => unknown;

const NULL = 0 satisfies (typeof DataType)['NULL'];
/** Values are read one after the other, and no foreign code runs while one is read. */
const reader = new Reader(Buffer.alloc(0));

/** Makes the function that fills one parameter. */
export function bind(parameter: Parameter): Binding {
  switch (parameter.kind) {
    case 'arg':
      return bindArgument(parameter);
    case 'args':
      return (notify, message) => new Message(notify.index, message);
    case 'context':
      return (notify) => notify;
    case 'engineId':
      return (notify) => notify.engineId;
    case 'streamId':
      return (notify) => notify.streamId;
    case 'frameId':
      return (notify) => notify.frameId;
  }
}

function bindArgument(parameter: Extract<Parameter, { kind: 'arg' }>): Binding {
  const { name, type = 'any', default: fallback, pipes } = parameter;
  const required = parameter.optional !== true && fallback === undefined && pipes === undefined;
  const passesNull = type === 'any' && fallback === undefined && pipes === undefined;
  const wanted = typeof name === 'number' ? undefined : new Name(name);
  const position = typeof name === 'number' ? name : 0;
  const { accepts, read: decode } = ARGUMENT_TYPES[type];
  const read = type === 'string' ? rememberingText() : decode;
  return (notify, message) => {
    const { index } = notify;
    const argument = wanted === undefined ? argumentAt(index, message, position) : index.findArgument(message, wanted);
    if (argument >= 0) {
      const start = index.valueStart(argument);
      const tag = (index.bytes[start] as number) & 0x0f;
      if (tag !== NULL || passesNull) {
        if (((accepts >> tag) & 1) === 0) throw mistyped(name, type, tag);
        reader.reset(index.bytes, start, index.bytes.length);
        return read(reader, name);
      }
    }
    if (required) throw missing(name, argument >= 0);
    return fallback;
  };
}

function rememberingText(): ArgumentReader {
  const text = new RememberedText();
  return (reader) => {
    reader.u8();
    const length = readLength(reader);
    return text.read(reader.bytes, reader.skip(length), length);
  };
}

function argumentAt(index: MessageIndex, message: number, position: number): number {
  return position < index.argumentCount(message) ? index.firstArgument(message) + position : -1;
}

function missing(name: string | number, isNull: boolean): FrameworkError {
  const what = isNull ? 'has no value (its sample failed)' : 'is not in the message';
  return new FrameworkError(
    'SPOA_ARGUMENT_MISSING',
    `argument ${name} ${what}: declare it optional or give a default`,
    {
      facts: { argument: name },
    },
  );
}

function mistyped(name: string | number, type: ArgumentTypeName, tag: number): FrameworkError {
  const got = typeName(tag);
  const expected = ARGUMENT_TYPES[type].expects;
  return new FrameworkError(
    'SPOA_ARGUMENT_TYPE',
    `argument ${name} is declared ${type} (${expected}), HAProxy sent ${got}`,
    {
      facts: { argument: name, declared: type, got },
    },
  );
}
