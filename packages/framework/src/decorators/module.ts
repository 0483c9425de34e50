import { injectable } from 'tsyringe';
import type { Class } from '../class.ts';
import { MetadataKey } from '../metadata.ts';
import type { ModuleMetadata } from '../modules/metadata.ts';

export interface ModuleOptions extends ModuleMetadata {
  /** What it exports is visible everywhere, without an import. @default false */
  global?: boolean;
}

const MODULE = new MetadataKey<ModuleOptions>('module');
const GLOBAL = new MetadataKey<true>('global');

/** What the decorators of this very class say; `undefined` where it is no module. */
export function moduleOptionsOf(target: Class): ModuleOptions | undefined {
  const options = MODULE.ownOfClass(target);
  return options && { ...options, global: options.global ?? GLOBAL.ownOfClass(target) ?? false };
}

/**
 * Makes a class a module: controllers and providers that belong together. A provider is visible in its own module, and in those
 * that import the module if it is exported.
 *
 * @example
 * \@Module({ imports: [DatabaseModule], controllers: [IpReputationController], providers: [ReputationService] })
 * export class ReputationModule {}
 */
export function Module(options: ModuleOptions = {}) {
  return <T extends Class>(target: T): void => {
    MODULE.setOnClass(target, options);
    injectable()(target);
  };
}

/** Makes what a module exports visible everywhere. The module itself must be imported once. The same as `global: true`. */
export function Global() {
  return <T extends Class>(target: T): void => {
    GLOBAL.setOnClass(target, true);
  };
}
