import { SpoaError, type SpoaErrorOptions } from '@spoa/core';

/** Every error of this package and what it means. `docs/boot-errors.md` explains each with its remedy. */
export const FRAMEWORK_ERRORS = {
  SPOA_BOOT_FAILED: 'the application has mistakes: all of them are listed',
  SPOA_NOT_INITIALIZED: 'messages were to come before app.init() or app.listen()',
  SPOA_DECORATOR_MISUSED: 'a decorator stands where it means nothing, or says what HAProxy would refuse',
  SPOA_ARGUMENT_MISSING: 'HAProxy sent a message without an argument that its handler needs',
  SPOA_ARGUMENT_TYPE: 'HAProxy sent an argument of another type than its handler declares',
  SPOA_ARGUMENT_UNSAFE: 'an integer beyond 2^53-1 for an argument declared as number',
  SPOA_ARGUMENT_INVALID: 'HAProxy sent an argument that its schema refuses',
  SPOA_GUARD_DENIED: 'a guard let a message not pass',
  SPOA_DEADLINE_EXCEEDED: 'a handler took longer than its message allows',
  SPOA_VARIABLE_INVALID: 'a handler returned a value that its variable cannot hold',
  SPOA_RESULT_INVALID: 'a handler returned something that names no variables',
  SPOA_PARSE_INVALID: 'a parse helper was given what it cannot read',
  SPOA_PARSE_LIMIT: 'a parse helper was given more than it takes',
  SPOA_HEADER_INVALID: 'a header field that must not reach a server',
  SPOA_STREAM_ID_INVALID: 'a stream id that no store keeps a value under',
  SPOA_CONFIG_INVALID: 'the configuration has faults: all of them are listed',
} as const satisfies Record<string, string>;

export type FrameworkErrorCode = keyof typeof FRAMEWORK_ERRORS;

/** What goes wrong while a message is handled. Never carries the value of an argument or a variable. */
export class FrameworkError extends SpoaError<FrameworkErrorCode> {
  override readonly name: string = 'FrameworkError';
}

/** The mistakes that are found before the first frame. `docs/boot-errors.md` explains each with its remedy. */
export const BOOT_FAULTS = {
  SPOA_BOOT_NO_MESSAGE: 'a controller without @SpoeMessage',
  SPOA_BOOT_NO_HANDLE: 'a controller without a handle method',
  SPOA_BOOT_MESSAGE_NAME: 'a message name that HAProxy would refuse',
  SPOA_BOOT_MESSAGE_TWICE: 'two handlers for one message',
  SPOA_BOOT_PARAMETER: 'a parameter without a decorator, or with two',
  SPOA_BOOT_ARGUMENT: 'an argument that cannot be bound',
  SPOA_BOOT_VARIABLE: 'a variable that HAProxy would refuse',
  SPOA_BOOT_ENHANCER: 'a guard, interceptor, pipe, schema or filter that is none',
  SPOA_BOOT_POLICY: 'a failure policy that cannot be kept',
  SPOA_BOOT_MODULE: 'a module, or something in its lists, that is none',
  SPOA_BOOT_EXPORT: 'an export that its module does not have',
  SPOA_BOOT_PROVIDER: 'a provider that cannot be made',
  SPOA_BOOT_PROVIDER_TWICE: 'a token that is provided twice in one module',
  SPOA_BOOT_AMBIGUOUS: 'a token that two modules offer',
  SPOA_BOOT_SCOPE: 'a scope that does not exist, or that its provider cannot have',
  SPOA_BOOT_CYCLE: 'providers that need each other',
  SPOA_BOOT_FACTORY: 'a factory or constructor that threw',
  SPOA_BOOT_HOOK: 'a lifecycle hook that threw before the application served, or that nobody would call',
} as const satisfies Record<string, string>;

export type BootFaultCode = keyof typeof BOOT_FAULTS;

/** One mistake: where it is, what it is, what to do. */
export interface BootFault {
  readonly code: BootFaultCode;
  /** Class, method and parameter, as far as they apply: `IpController.handle, parameter 2`. */
  readonly where: string;
  readonly problem: string;
  readonly remedy: string;
  readonly cause?: unknown;
}

/** Thrown by `SpoaApplication.create`: all mistakes at once. */
export class BootError extends SpoaError<FrameworkErrorCode> {
  override readonly name = 'BootError';
  readonly faults: readonly BootFault[];

  constructor(faults: readonly BootFault[], options: SpoaErrorOptions = {}) {
    const lines = faults.map(({ code, where, problem, remedy }) => `  ${where}: ${problem}\n    ${remedy} (${code})`);
    const count = faults.length === 1 ? 'one mistake' : `${faults.length} mistakes`;
    super('SPOA_BOOT_FAILED', `the application has ${count}:\n${lines.join('\n')}`, options);
    this.faults = faults;
  }
}
