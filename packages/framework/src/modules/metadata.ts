import type { Class } from '../class.ts';
import type { Provider } from '../di/provider.ts';
import type { Token } from '../di/token.ts';
import type { DefinedMessage } from '../routing/define-message.ts';

/** What a module is made of. */
export interface ModuleMetadata {
  /** Modules whose exports are visible here. */
  imports?: readonly ModuleImport[];
  /** Controller classes, and messages made by `defineMessage`. */
  controllers?: readonly (Class | DefinedMessage)[];
  providers?: readonly Provider[];
  /** What importers see: own providers by their tokens, and imported modules whose exports are passed on. */
  exports?: readonly ModuleExport[];
}

/**
 * A module made by a program, as `forRoot(options)` returns it. What it lists comes on top of what the decorator of `module`
 * lists; a provider of the same token takes the place of the decorator's. The same object is the same module wherever it is
 * imported, another one is another module.
 */
export interface DynamicModule extends ModuleMetadata {
  module: Class;
  /** What it exports is visible everywhere, without an import. @default what the decorators of `module` say */
  global?: boolean;
}

export type ModuleImport = Class | DynamicModule | Promise<DynamicModule>;

export type ModuleExport = Token | DynamicModule | Exclude<Provider, Class>;

export function isDynamicModule(value: unknown): value is DynamicModule {
  return typeof value === 'object' && value !== null && 'module' in value;
}
