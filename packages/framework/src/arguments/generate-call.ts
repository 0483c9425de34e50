import { DataType, decodeLatin1, IpAddress, Name, RememberedText } from '@spoa/core';
import { bind } from './bind.ts';
import type { Call, Handle } from './call-handler.ts';
import { Layout } from './layout.ts';
import type { Parameter } from './parameter.ts';
import { USUAL_VALUES, usualAddress, usualInteger, usualStart } from './usual-values.ts';

/*
 * A call that is generated for one handler: each of its arguments is looked for where it stood in the last message, and read
 * there and then if it is of the usual form. What is not found so, or has another form, is given by the binding of the parameter,
 * which knows all forms, defaults and errors: it says what is right, this only says it sooner.
 *
 * With fourteen arguments, a NOTIFY takes a quarter less JavaScript by it, for V8 compiles it with the types of this one handler
 * and in one piece. Source text is made of numbers and of constants that are written here: the bytes of an argument's name are
 * numbers in it, and nothing that a peer sent is ever in it.
 */

/** Longer names are compared by bindings only. */
const MAX_NAME = 64;

type Argument = Extract<Parameter, { kind: 'arg' }>;

/** Whether generated calls read it by themselves. */
function isUsual(parameter: Parameter): parameter is Argument & { name: string } {
  if (parameter.kind !== 'arg' || typeof parameter.name !== 'string') return false;
  return USUAL_VALUES[parameter.type ?? 'any'] !== undefined && Buffer.byteLength(parameter.name) <= MAX_NAME;
}

/** What generated source refers to, by name. */
const HELPERS = { Buffer, decodeLatin1, IpAddress, usualAddress, usualInteger, usualStart };
/** No value of an argument. */
const UNREAD = Symbol('unread');

/** Each call is another text, for profilers, and for V8: what it learns of types in one text is shared by all that have it. */
let generated = 0;

/**
 * Generates the call of one handler.
 *
 * @throws EvalError where Node was told to compile no text (`--disallow-code-generation-from-strings`)
 */
export function generateCall(handle: Handle, parameters: readonly Parameter[]): Call {
  const layout = new Layout(parameters.filter(isUsual).map(({ name }) => new Name(name)));
  const scope: Record<string, unknown> = { ...HELPERS, handle, layout, places: layout.places, UNREAD };
  let place = 0;
  const statements = parameters.map((parameter, i) => {
    scope[`bind${i}`] = bind(parameter);
    if (!isUsual(parameter)) return `    const value${i} = bind${i}(notify, message);\n`;
    if (parameter.type === 'string') scope[`text${i}`] = new RememberedText();
    scope[`default${i}`] = parameter.default;
    return readArgument(parameter, i, place++);
  });
  const names = Object.keys(scope);
  const source = `'use strict';
  return (notify, message) => {
    const { index } = notify;
    const { bytes } = index;
    const first = index.firstArgument(message);
    let argument, name, at, type, length, start, integer;
    layout.follow(index, message);
${statements.join('')}    return handle(${parameters.map((_, i) => `value${i}`).join(', ')});
  };
  //# sourceURL=spoa-call-${generated++}`;
  return new Function(...names, source)(...Object.values(scope)) as Call;
}

/** The source that gives parameter `i` its value: the argument whose place is the layout's number `place`. */
function readArgument(parameter: Argument & { name: string }, i: number, place: number): string {
  const usual = USUAL_VALUES[parameter.type ?? 'any']?.(i);
  const nullValue = isRequired(parameter)
    ? ''
    : `if (type === ${DataType.NULL}) value${i} = default${i};\n        else `;
  return `
    let value${i} = UNREAD;
    if (places[${place}] >= 0) {
      argument = first + places[${place}];
      name = index.argumentNameStart(argument);
      at = index.valueStart(argument);
      if (${isNamed(Buffer.from(parameter.name))}) {
        type = bytes[at];
        ${nullValue}if (${usual?.test}) value${i} = ${usual?.value};
      }
    }
    if (value${i} === UNREAD) value${i} = bind${i}(notify, message);
`;
}

function isRequired({ optional, default: fallback, pipes }: Argument): boolean {
  return optional !== true && fallback === undefined && pipes === undefined;
}

/**
 * Whether the bytes from `name` to `at` are those of a name. The first and the last are known by the key, as is the length up to
 * a multiple of 32 Ki.
 */
function isNamed(name: Buffer): string {
  const between = [...name.subarray(1, -1)].map((byte, i) => ` && bytes[name + ${i + 1}] === ${byte}`);
  return `at - name === ${name.length}${between.join('')}`;
}
