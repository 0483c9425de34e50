import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { Class } from '../class.ts';
import type { ExecutionContext } from './execution-context.ts';

/** Says whether a message may pass. */
export interface CanActivate {
  /** `false`: the handler is not called, and the message gets what its failure policy says. */
  canActivate(context: ExecutionContext): boolean | PromiseLike<boolean>;
}

/** Stands around the handler: before it, behind it, or in its place. */
export interface Interceptor {
  /**
   * @param next goes on to the next interceptor, and at last to the pipes and the handler. It returns what the handler returned,
   *   a promise only where something on the way is asynchronous; it throws what any of them throws.
   * @returns the result of the message, or a promise of it
   */
  intercept(context: ExecutionContext, next: () => unknown): unknown;
}

/** What a pipe is told of the argument that it gets. */
export interface ArgumentMetadata {
  readonly type: 'arg';
  /** The argument's name, or its position. */
  readonly data: string | number;
  /** The parameter's type as the compiler emitted it: a hint, `undefined` where it is not known. */
  readonly metatype: unknown;
  /** The name of the message. */
  readonly message: string;
}

/** Makes the value that a handler gets of the value that HAProxy sent, or throws. */
export interface PipeTransform<Input = unknown, Output = unknown> {
  /** Returns the value, or a promise of it. */
  transform(value: Input, metadata: ArgumentMetadata): Output;
}

/** Answers what was thrown. `@Catch(...)` on the class names the errors it is for; without it, it is for all. */
export interface ExceptionFilter {
  /**
   * @returns the variables of the answer, by scope or as a class with `@Var`, or a promise of them. Nothing: the message fails as it
   *   would without the filter.
   */
  catch(error: unknown, context: ExecutionContext): unknown;
}

/** Guards and the like are listed as classes, which are made with what their constructors ask for, or as instances. */
export type UsedGuard = Class<CanActivate> | CanActivate;
export type UsedInterceptor = Class<Interceptor> | Interceptor;
// biome-ignore lint/suspicious/noExplicitAny: a pipe takes what the one before it gives
export type UsedPipe = Class<PipeTransform<any>> | PipeTransform<any> | StandardSchemaV1;
export type UsedFilter = Class<ExceptionFilter> | ExceptionFilter;

/** What stands around handlers: of one message, or of all. */
export interface EnhancerOptions {
  guards?: readonly UsedGuard[];
  interceptors?: readonly UsedInterceptor[];
  /** Pipes, and schemas of the Standard Schema, for each argument. */
  pipes?: readonly UsedPipe[];
  filters?: readonly UsedFilter[];
}

export type EnhancerKind = keyof EnhancerOptions;

/** `contextAt`: which parameter of the method is the context; a pipe's is our own. */
export const ENHANCERS = {
  guards: { name: 'guard', method: 'canActivate', contextAt: 0 },
  interceptors: { name: 'interceptor', method: 'intercept', contextAt: 0 },
  pipes: { name: 'pipe', method: 'transform', contextAt: 2 },
  filters: { name: 'filter', method: 'catch', contextAt: 1 },
} as const satisfies Record<EnhancerKind, { name: string; method: string; contextAt: number }>;

export const ENHANCER_KINDS = Object.keys(ENHANCERS) as EnhancerKind[];

/** Whether it is an object or a function that claims to be a Standard Schema. */
export function isSchema(entry: unknown): entry is StandardSchemaV1 {
  return (typeof entry === 'function' || (typeof entry === 'object' && entry !== null)) && '~standard' in entry;
}
