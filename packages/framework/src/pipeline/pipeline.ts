import type { AbstractClass, Class } from '../class.ts';
import type { ArgumentMetadata, CanActivate, ExceptionFilter, Interceptor } from './enhancer.ts';
import type { ExecutionContext, HandlerShape } from './execution-context.ts';
import type { GuardDeniedError } from './refusals.ts';

/** A pipe as it is called: those that are made for each NOTIFY have to know it. */
export interface BoundPipe {
  transform(value: unknown, metadata: ArgumentMetadata, context: ExecutionContext): unknown;
}

/** What stands around one handler, in the order of the calls: nothing is left to look up. */
export interface Pipeline {
  readonly controller: Class | undefined;
  readonly handler: HandlerShape['handler'];
  readonly guards: readonly { readonly guard: CanActivate; readonly denied: GuardDeniedError }[];
  readonly interceptors: readonly Interceptor[];
  /** By parameter; those without a pipe are left out. */
  readonly pipes: readonly {
    readonly index: number;
    readonly metadata: ArgumentMetadata;
    readonly pipes: readonly BoundPipe[];
  }[];
  /** The nearest first. No types stand for all errors. */
  readonly filters: readonly { readonly filter: ExceptionFilter; readonly types: readonly AbstractClass[] }[];
}
