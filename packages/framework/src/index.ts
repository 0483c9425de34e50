// First: tsyringe and the emitted types of decorated classes need it before anything else is loaded.
import 'reflect-metadata';

export {
  bin,
  type CloseOptions,
  type Handler,
  IpAddress,
  int32,
  int64,
  ipv4,
  ipv6,
  type ListenAddress,
  type ListenTarget,
  Message,
  type NotifyConnection,
  NotifyContext,
  type Peer,
  type Scope,
  str,
  type Typed,
  uint32,
  uint64,
  type Value,
} from '@spoa/core';
export type { ApplicationObserver, ApplicationState } from './application/observer.ts';
export type { SpoaApplicationOptions, SpoaApplicationSettings } from './application/settings.ts';
export { type ShutdownOptions, SpoaApplication } from './application/spoa-application.ts';
export type { ArgumentTypeName, ArgumentTypes } from './arguments/argument-type.ts';
export type { ArgOptions } from './arguments/parameter.ts';
export type { Class } from './class.ts';
export { UseFilters, UseGuards, UseInterceptors, UsePipes } from './decorators/enhancers.ts';
export { Inject, Injectable, type InjectableOptions, Optional } from './decorators/injection.ts';
export { Global, Module, type ModuleOptions } from './decorators/module.ts';
export { Arg, Args, Context, EngineId, FrameId, StreamId } from './decorators/parameters.ts';
export {
  type SpoeEvent,
  SpoeMessage,
  type SpoeMessageMetadata,
  type SpoeMessageOptions,
  spoeMessageOf,
} from './decorators/spoe-message.ts';
export { SetVar, Var } from './decorators/variables.ts';
export type { FactoryProvider, Injection, Provider } from './di/provider.ts';
export type { ProviderScope } from './di/scope.ts';
export type { Token } from './di/token.ts';
export {
  BOOT_FAULTS,
  BootError,
  type BootFault,
  type BootFaultCode,
  FRAMEWORK_ERRORS,
  FrameworkError,
  type FrameworkErrorCode,
} from './errors.ts';
export type { BeforeShutdown, OnApplicationBootstrap, OnModuleInit, OnShutdown } from './lifecycle/hooks.ts';
export { type LogContext, Logs } from './logging/logs.ts';
export type { LoggingOptions } from './logging/make-logger.ts';
export { CONNECTION } from './modules/built-in.ts';
export { controllersOf } from './modules/controllers-of.ts';
export type { DynamicModule, ModuleExport, ModuleImport, ModuleMetadata } from './modules/metadata.ts';
export { Catch } from './pipeline/catch.ts';
export type {
  ArgumentMetadata,
  CanActivate,
  EnhancerOptions,
  ExceptionFilter,
  Interceptor,
  PipeTransform,
  UsedFilter,
  UsedGuard,
  UsedInterceptor,
  UsedPipe,
} from './pipeline/enhancer.ts';
export type { EnhancerOverrides } from './pipeline/enhancer-overrides.ts';
export type { ExecutionContext } from './pipeline/execution-context.ts';
export type { FailurePolicy } from './pipeline/failure-policy.ts';
export { DefaultValuePipe, SchemaPipe } from './pipeline/pipes.ts';
export { DeadlineError, GuardDeniedError, InvalidArgumentError } from './pipeline/refusals.ts';
export {
  type ArgumentSpec,
  type ArgumentSpecs,
  DefinedMessage,
  defineMessage,
  type MessageSpec,
  type VariableSpec,
  type VariableSpecs,
  type VariableTypes,
} from './routing/define-message.ts';
export { MemoryStreamStore, type MemoryStreamStoreOptions } from './stream-store/memory-stream-store.ts';
export { type Awaitable, StreamStore } from './stream-store/stream-store.ts';
export type { Settable, VariablesByScope } from './variables/settable.ts';
