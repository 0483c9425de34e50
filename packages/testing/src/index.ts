export { HAPROXY_VERSIONS, type HaproxyVersion } from '@spoa/framework/haproxy';
export type { ConfigurationOptions } from './front/configuration.ts';
export { type CreateHaproxyOptions, createHaproxy } from './front/create-haproxy.ts';
export type { HaproxyVariables } from './front/read-variables.ts';
export type { HaproxyResponse, TestingHaproxy } from './front/testing-haproxy.ts';
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
export { snapshotSerializer } from './module/snapshot-serializer.ts';
export { Test, type TestingModuleOptions } from './module/test.ts';
export { TestingApplication } from './module/testing-application.ts';
export type { TestingModuleBuilder } from './module/testing-module-builder.ts';
