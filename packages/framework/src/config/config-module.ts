// First: tsyringe behind @Module needs it before anything else is loaded.
import 'reflect-metadata';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { Module } from '../decorators/module.ts';
import type { DynamicModule } from '../modules/metadata.ts';
import { ConfigService } from './config-service.ts';
import { type LoadConfigOptions, loadConfig } from './load-config.ts';
import { printConfig } from './print-config.ts';

export interface ConfigModuleOptions<Schema extends StandardSchemaV1> extends LoadConfigOptions<Schema> {
  /** Whether every module sees the `ConfigService`, not only those that import this one. @default true */
  isGlobal?: boolean;
}

/**
 * Provides a `ConfigService`, read when the application is made. What global modules provide is made before the rest, so with
 * a wrong value nothing else has begun.
 *
 * With the flag `--print-config` in `argv` the configuration is printed, secrets masked, and the process ends.
 *
 * @example
 * \@Module({ imports: [ConfigModule.forRoot({ schema, file: 'agent.yaml', argv: process.argv.slice(2) })] })
 * export class AppModule {}
 */
@Module()
export class ConfigModule {
  /** Its fault, if it has one, is a `BootError` whose cause is the `ConfigError`. */
  static forRoot<Schema extends StandardSchemaV1>(options: ConfigModuleOptions<Schema>): DynamicModule {
    const { isGlobal = true, ...loading } = options;
    return {
      module: ConfigModule,
      global: isGlobal,
      providers: [{ provide: ConfigService, useFactory: () => loadOrPrint(loading) }],
      exports: [ConfigService],
    };
  }
}

async function loadOrPrint<Schema extends StandardSchemaV1>(
  options: LoadConfigOptions<Schema>,
): Promise<ConfigService<StandardSchemaV1.InferOutput<Schema>>> {
  const config = await loadConfig(options);
  if (config.printRequested) {
    // A pipe takes its time, and what is not written when the process ends is lost.
    await new Promise((resolve) => process.stdout.write(printConfig(config), resolve));
    process.exit(0);
  }
  return config;
}
