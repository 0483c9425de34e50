import { IpAddress, type WritableValue } from '@spoa/core';
import type { ArgumentSpec, ArgumentSpecs } from '@spoa/framework';
import { TestingError } from './errors.ts';
import type { KnownMessage } from './failures.ts';
import type { MessageArguments } from './injected-types.ts';

type Written = readonly [name: string, value: WritableValue];

/**
 * The arguments as HAProxy sends them. Text for an argument that is declared as an address becomes one, as of HAProxy's `src`;
 * an argument that is bound by its position stands there.
 *
 * @param specs of a message made by `defineMessage`: its keys need not be the names
 */
export function argumentList(
  given: MessageArguments,
  { parameters }: Pick<KnownMessage, 'parameters'>,
  specs: ArgumentSpecs = {},
): readonly Written[] {
  if (isList(given)) return given;
  const declared = parameters.flatMap((one) => (one.kind === 'arg' ? [one] : []));
  const placed = new Map<number, WritableValue>();
  const named: Written[] = [];
  for (const [key, value] of Object.entries(given)) {
    if (value === undefined) continue;
    const written = Object.hasOwn(specs, key) ? nameOf(key, specs[key]) : key;
    const isNamed = declared.some(({ name }) => name === written);
    const parameter = declared.find(({ name }) => (isNamed ? name === written : String(name) === written));
    const sent = parameter?.type === 'ip' ? asAddress(value) : value;
    if (typeof parameter?.name === 'number') placed.set(parameter.name, sent);
    else named.push([String(written), sent]);
  }
  return inOrder(placed, named);
}

function isList(given: MessageArguments): given is readonly Written[] {
  return Array.isArray(given);
}

function nameOf(key: string, spec: ArgumentSpec | undefined): string | number {
  return (typeof spec === 'object' ? spec.name : undefined) ?? key;
}

function asAddress(value: WritableValue): WritableValue {
  return typeof value === 'string' ? (IpAddress.parse(value) ?? value) : value;
}

/** Those with names fill the places between. */
function inOrder(placed: Map<number, WritableValue>, named: readonly Written[]): Written[] {
  const list: Written[] = [];
  const waiting = [...named];
  while (placed.size > 0 || waiting.length > 0) {
    const value = placed.get(list.length);
    const next = value === undefined ? waiting.shift() : (['', value] as const);
    if (next === undefined) {
      const positions = [...placed.keys()].join(', ');
      const problem = `nothing fills the place ${list.length} before the arguments at ${positions}: give it a value, or null`;
      throw new TestingError('TESTING_ARGUMENTS', problem);
    }
    placed.delete(list.length);
    list.push(next);
  }
  return list;
}
