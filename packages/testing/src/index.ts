export * from './haproxy/index.ts';
export {
  connectInProcess,
  type DispatchArguments,
  dispatch,
  type Served,
  type Variables,
} from './in-process.ts';
export {
  type ControllerClass,
  type InjectedMessage,
  type InjectedPart,
  TestConnection,
} from './module/connection.ts';
export { TESTING_ERROR_CODES, TestingError, type TestingErrorCode } from './module/errors.ts';
export type { MessageFailure } from './module/failures.ts';
export type {
  InjectedArguments,
  InjectedRest,
  InjectedVariables,
  InjectOptions,
  MessageArguments,
} from './module/injected-types.ts';
export type { OverrideBy, StandIn, StandInFactory } from './module/override-by.ts';
export { Test, type TestingModuleOptions } from './module/test.ts';
export { TestingApplication } from './module/testing-application.ts';
export type { TestingModuleBuilder } from './module/testing-module-builder.ts';
