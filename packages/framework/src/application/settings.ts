import type { AgentOptions } from '@spoa/core';
import type { Logger as PinoLogger } from 'pino';
import type { Class } from '../class.ts';
import type { Provider } from '../di/provider.ts';
import { Logs } from '../logging/logs.ts';
import { type LoggingOptions, makeLogger } from '../logging/make-logger.ts';
import { type DynamicModule, isDynamicModule, type ModuleMetadata } from '../modules/metadata.ts';
import type { RootModule } from '../modules/scan.ts';
import type { EnhancerOptions } from '../pipeline/enhancer.ts';
import type { EnhancerOverrides } from '../pipeline/enhancer-overrides.ts';
import type { FailurePolicy } from '../pipeline/failure-policy.ts';
import type { ApplicationObserver } from './observer.ts';

/** How an application runs, whatever it is made of. */
export interface SpoaApplicationSettings extends Omit<AgentOptions, 'logger'>, EnhancerOptions {
  /** A pino logger, options for one, or `false` for none. @default standard output, level `info`: JSON, for eyes on a terminal */
  logger?: PinoLogger | LoggingOptions | false;
  /** Put in the place of the providers and controllers of the same tokens, in whatever module they are: for tests. */
  overrides?: readonly Provider[];
  /**
   * Put in the place of the guards, interceptors, pipes and filters of the same classes, wherever they are listed, also as
   * instances: for tests.
   */
  enhancerOverrides?: EnhancerOverrides;
  /** What HAProxy gets where a message fails that does not say it itself: each option by itself. */
  failurePolicy?: FailurePolicy;
  /** Metrics and the admin server: `new Observability(...)` of `@spoa/framework/observability`. @default none, at no cost */
  observability?: ApplicationObserver;
}

/** An application without a module of its own: what a root module would list, and how it runs. */
export interface SpoaApplicationOptions
  extends SpoaApplicationSettings,
    Pick<ModuleMetadata, 'imports' | 'controllers' | 'providers'> {
  /** Controller classes and messages made by `defineMessage`. */
  controllers: NonNullable<ModuleMetadata['controllers']>;
}

/** Both forms of `SpoaApplication.create` as one. */
export interface Given {
  readonly root: RootModule;
  readonly overrides: readonly Provider[];
  readonly enhancerOverrides: EnhancerOverrides;
  readonly failurePolicy: FailurePolicy;
  readonly enhancers: EnhancerOptions;
  readonly observer: ApplicationObserver | undefined;
  readonly limits: Omit<AgentOptions, 'logger'>;
  readonly logs: Logs;
}

export function given(
  what: Class | DynamicModule | SpoaApplicationOptions,
  settings: SpoaApplicationSettings = {},
): Given {
  if (typeof what === 'function' || isDynamicModule(what)) return { root: what, ...split(settings) };
  const { imports = [], controllers, providers = [], ...others } = what;
  return { root: { imports, controllers, providers }, ...split(others) };
}

function split({ guards, interceptors, pipes, filters, ...settings }: SpoaApplicationSettings): Omit<Given, 'root'> {
  const enhancers = { guards, interceptors, pipes, filters } as EnhancerOptions;
  const { logger, overrides = [], enhancerOverrides = {}, failurePolicy = {}, ...others } = settings;
  const { observability: observer, ...limits } = others;
  return {
    overrides,
    enhancerOverrides,
    failurePolicy,
    enhancers,
    observer,
    limits,
    logs: new Logs(makeLogger(logger)),
  };
}
