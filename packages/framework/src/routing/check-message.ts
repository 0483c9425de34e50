import { ARGUMENT_TYPES } from '../arguments/argument-type.ts';
import type { Parameter } from '../arguments/parameter.ts';
import type { SpoeMessageMetadata } from '../decorators/spoe-message.ts';
import type { BootFault } from '../errors.ts';

/** HAProxy's configuration takes these characters only. */
const MESSAGE_NAME = /^[A-Za-z0-9.:_-]+$/;

export function checkMessageName({ name }: SpoeMessageMetadata, where: string): BootFault[] {
  if (typeof name === 'string' && MESSAGE_NAME.test(name)) return [];
  return [
    {
      code: 'SPOA_BOOT_MESSAGE_NAME',
      where,
      problem: `HAProxy refuses the message name ${JSON.stringify(name)}`,
      remedy: 'use letters, digits and . : _ -',
    },
  ];
}

/** What is wrong with how an argument is declared. `isAsync`: the handler is an async function. */
export function checkParameter(parameter: Parameter, where: string, isAsync: boolean): BootFault[] {
  if (parameter.kind !== 'arg') return [];
  const { name, type } = parameter;
  const fault = (problem: string, remedy: string): BootFault => ({
    code: 'SPOA_BOOT_ARGUMENT',
    where,
    problem,
    remedy,
  });
  if (typeof name === 'number') {
    const exists = Number.isInteger(name) && name >= 0 && name <= 254;
    if (!exists) return [fault(`position ${name} does not exist`, 'positions go from 0 to 254')];
  } else if (typeof name !== 'string' || name === '') {
    return [fault('it has no name', 'give an unnamed argument by its position, from 0')];
  }
  if (type !== undefined && !Object.hasOwn(ARGUMENT_TYPES, type)) {
    return [fault(`there is no type ${JSON.stringify(type)}`, `use one of ${Object.keys(ARGUMENT_TYPES).join(', ')}`)];
  }
  if (type === 'view' && isAsync) {
    return [fault('a view ends when the handler returns, and an async one goes on', "declare it 'buffer', a copy")];
  }
  return [];
}

export function isAsyncFunction(handle: unknown): boolean {
  return Object.prototype.toString.call(handle) === '[object AsyncFunction]';
}
