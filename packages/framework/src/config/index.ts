export { ConfigError, type ConfigFault } from './config-error.ts';
export { ConfigModule, type ConfigModuleOptions, type ConfigModuleValue } from './config-module.ts';
export { type ConfigKey, ConfigService, type ConfigValue } from './config-service.ts';
export { type LoadConfigOptions, loadConfig } from './load-config.ts';
export { describeOrigin, type Origin } from './origin.ts';
export { printConfig } from './print-config.ts';
