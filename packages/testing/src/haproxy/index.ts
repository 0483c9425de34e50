export { defaultCacheDirectory } from './cache.ts';
export {
  HAPROXY_ERROR_CODES,
  type HaproxyAttempt,
  HaproxyError,
  type HaproxyErrorCode,
  HaproxyUnavailableError,
} from './errors.ts';
export type { Haproxy, HaproxyExit, StopOptions } from './haproxy.ts';
export { findHaproxy, type InstallHaproxyOptions, installHaproxy } from './install.ts';
export type { HaproxyInstallation } from './installation.ts';
export type { WaitForLogOptions } from './log.ts';
export { type HttpResponse, type RequestOptions, request } from './request.ts';
export { type Describable, showOnFailure } from './show-on-failure.ts';
export { type StartHaproxyOptions, startHaproxy } from './start.ts';
export type { HaproxyContext, HaproxyTemplate } from './template.ts';
