import type { ArgOptions, Parameter } from '../arguments/parameter.ts';
import { FrameworkError } from '../errors.ts';
import { describeMember, HANDLE, MetadataKey } from '../metadata.ts';
import { isSchema, type UsedPipe } from '../pipeline/enhancer.ts';

/** The decorated parameters of a method, by index; two at one index are two decorators on one parameter. */
export interface DecoratedParameter {
  readonly index: number;
  readonly parameter: Parameter;
}

const PARAMETERS = new MetadataKey<DecoratedParameter[]>('parameters');

export function parametersOf(prototype: object, method: string): readonly DecoratedParameter[] {
  return PARAMETERS.ofMethod(prototype, method) ?? [];
}

function parameterDecorator(name: string, parameter: Parameter): ParameterDecorator {
  return (target, method, index) => {
    if (method !== HANDLE || typeof target === 'function') {
      throw new FrameworkError(
        'SPOA_DECORATOR_MISUSED',
        `@${name} stands on ${describeMember(target, method)}: it belongs on a parameter of the method handle`,
      );
    }
    const earlier = PARAMETERS.ownOfMethod(target, method) ?? [];
    PARAMETERS.setOnMethod(target, method, [...earlier, { index, parameter }]);
  };
}

/**
 * An argument of the message: by name, or by its position (from 0) where it has none.
 *
 * Pipes and schemas check and transform it; where HAProxy has nothing to send, they get `undefined`. The type of the parameter
 * says nothing then about what HAProxy sends: without a `type` it comes as its natural type.
 *
 * @example handle(@Arg('ip') ip: IpAddress, @Arg('port', { type: 'number', default: 0 }) port: number)
 * @example handle(@Arg('path', z.string().startsWith('/')) path: string, @Arg('cookies', cookies) cookies: Cookies)
 */
export function Arg(name: string | number, ...pipes: readonly UsedPipe[]): ParameterDecorator;
export function Arg(name: string | number, options: ArgOptions, ...pipes: readonly UsedPipe[]): ParameterDecorator;
export function Arg(name: string | number, ...given: readonly (ArgOptions | UsedPipe)[]): ParameterDecorator {
  const [first] = given;
  const options = isOptions(first) ? first : {};
  const pipes = isOptions(first) ? given.slice(1) : given;
  return parameterDecorator('Arg', { kind: 'arg', name, ...options, ...(pipes.length > 0 && { pipes }) });
}

function isOptions(value: unknown): value is ArgOptions {
  if (typeof value !== 'object' || value === null || isSchema(value) || 'transform' in value) return false;
  const prototype = Object.getPrototypeOf(value) as object | null;
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** The whole message: a `Message`, with unnamed and duplicate arguments in HAProxy's order. */
export function Args(): ParameterDecorator {
  return parameterDecorator('Args', { kind: 'args' });
}

/**
 * The `NotifyContext`. Variables that are set on it by hand are taken back when the handler throws, not when the promise that
 * it returned rejects: other messages may have written theirs by then.
 */
export function Context(): ParameterDecorator {
  return parameterDecorator('Context', { kind: 'context' });
}

/** HAProxy's engine-id: `string | undefined`. */
export function EngineId(): ParameterDecorator {
  return parameterDecorator('EngineId', { kind: 'engineId' });
}

/** The stream-id: a `number`. */
export function StreamId(): ParameterDecorator {
  return parameterDecorator('StreamId', { kind: 'streamId' });
}

/** The frame-id: a `number`. */
export function FrameId(): ParameterDecorator {
  return parameterDecorator('FrameId', { kind: 'frameId' });
}
