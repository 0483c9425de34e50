import type {
  CanActivate,
  Class,
  DynamicModule,
  EnhancerOptions,
  ExceptionFilter,
  Interceptor,
  PipeTransform,
  Provider,
  SpoaApplicationSettings,
  Token,
} from '@spoa/framework';
import { OverrideBy } from './override-by.ts';
import { TestingApplication } from './testing-application.ts';

type EnhancerKind = keyof EnhancerOptions;

/** What an application for a test is made of, and what stands in for parts of it. Made by `Test.createTestingModule`. */
export class TestingModuleBuilder {
  readonly #module: Class | DynamicModule;
  readonly #settings: SpoaApplicationSettings;
  readonly #overrides: Provider[] = [];
  readonly #enhancers: { readonly [kind in EnhancerKind]: Provider[] } = {
    guards: [],
    interceptors: [],
    pipes: [],
    filters: [],
  };

  /** @internal */
  constructor(module: Class | DynamicModule, settings: SpoaApplicationSettings) {
    this.#module = module;
    this.#settings = settings;
  }

  /** Replaces what a token stands for, in whatever module it is: a provider or a controller. */
  overrideProvider<T>(token: Token<T>): OverrideBy<T, this> {
    return this.#by(token, this.#overrides);
  }

  /** Replaces a guard by its class wherever it is listed, also where an instance of that class is. */
  overrideGuard(guard: Class<CanActivate>): OverrideBy<CanActivate, this> {
    return this.#by(guard, this.#enhancers.guards);
  }

  /** As `overrideGuard`, for an interceptor. */
  overrideInterceptor(interceptor: Class<Interceptor>): OverrideBy<Interceptor, this> {
    return this.#by(interceptor, this.#enhancers.interceptors);
  }

  /** As `overrideGuard`, for a pipe. A schema that is listed by itself has no class to replace it by. */
  // biome-ignore lint/suspicious/noExplicitAny: a pipe takes what the one before it gives
  overridePipe(pipe: Class<PipeTransform<any>>): OverrideBy<PipeTransform<any>, this> {
    return this.#by(pipe, this.#enhancers.pipes);
  }

  /** As `overrideGuard`, for an exception filter. A value stands in for the errors that the class says it catches. */
  overrideFilter(filter: Class<ExceptionFilter>): OverrideBy<ExceptionFilter, this> {
    return this.#by(filter, this.#enhancers.filters);
  }

  #by<T>(token: Token, list: Provider[]): OverrideBy<T, this> {
    return new OverrideBy(token, (provider) => {
      list.push(provider);
      return this;
    });
  }

  /**
   * Makes everything and calls the hooks of the start.
   *
   * @throws BootError (SPOA_BOOT_FAILED) with all mistakes at once: those of the application, and overrides of what it does not
   *   have
   */
  compile(): Promise<TestingApplication> {
    const { overrides = [], enhancerOverrides = {}, ...settings } = this.#settings;
    const enhancers = Object.entries(this.#enhancers).map(([kind, given]) => [
      kind,
      [...(enhancerOverrides[kind as EnhancerKind] ?? []), ...given],
    ]);
    const all = {
      ...settings,
      overrides: [...overrides, ...this.#overrides],
      enhancerOverrides: Object.fromEntries(enhancers),
    };
    return TestingApplication.start(this.#module, all, true);
  }
}
