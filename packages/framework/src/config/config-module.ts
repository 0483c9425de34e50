// First: tsyringe behind @Module needs it before anything else is loaded.
import 'reflect-metadata';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { Module } from '../decorators/module.ts';
import type { DynamicModule } from '../modules/metadata.ts';
import { ConfigService } from './config-service.ts';
import { type LoadConfigOptions, loadConfig } from './load-config.ts';

export interface ConfigModuleOptions<Schema extends StandardSchemaV1> extends LoadConfigOptions<Schema> {
  /** Whether every module sees the `ConfigService`, not only those that import this one. @default true */
  isGlobal?: boolean;
}

/** A configuration that is there already. */
export interface ConfigModuleValue {
  useValue: Omit<ConfigService<unknown>, 'get'>;
  /** As in {@link ConfigModuleOptions}. @default true */
  isGlobal?: boolean;
}

/**
 * Provides a `ConfigService`: one that is read when the application is made, or one that the program has read before, for what
 * it needs itself. What global modules provide is made before the rest, so with a wrong value nothing else has begun.
 *
 * @example
 * \@Module({ imports: [ConfigModule.forRoot({ schema, file: 'agent.yaml', argv: process.argv.slice(2) })] })
 * export class AppModule {}
 *
 * @example
 * const config = await loadConfig({ schema, argv: process.argv.slice(2) });
 * const app = await SpoaApplication.create({
 *   imports: [ConfigModule.forRoot({ useValue: config }), AppModule],
 *   controllers: [],
 *   logger: { level: config.get('logLevel') },
 * });
 */
@Module()
export class ConfigModule {
  /** A fault of what it reads is a `BootError` whose cause is the `ConfigError`. */
  static forRoot<Schema extends StandardSchemaV1>(
    options: ConfigModuleOptions<Schema> | ConfigModuleValue,
  ): DynamicModule {
    const { isGlobal = true } = options;
    const how = 'useValue' in options ? { useValue: options.useValue } : { useFactory: () => loadConfig(options) };
    return {
      module: ConfigModule,
      global: isGlobal,
      providers: [{ provide: ConfigService, ...how }],
      exports: [ConfigService],
    };
  }
}
