import {
  type Class,
  type DynamicModule,
  Module,
  type ModuleMetadata,
  type SpoaApplicationSettings,
} from '@spoa/framework';
import { TestingModuleBuilder } from './testing-module-builder.ts';

/** What a root module would list, and how the application runs. */
export interface TestingModuleOptions
  extends SpoaApplicationSettings,
    Pick<ModuleMetadata, 'imports' | 'controllers' | 'providers'> {}

/** Begins what NestJS users know: a module for a test, with parts of it replaced. */
export const Test = {
  /**
   * @example
   * await using app = await Test.createTestingModule(AppModule)
   *   .overrideProvider(Database)
   *   .useValue({ score: async () => 42 })
   *   .compile();
   */
  createTestingModule,
} as const;

function createTestingModule(module: Class | DynamicModule, settings?: SpoaApplicationSettings): TestingModuleBuilder;
function createTestingModule(options: TestingModuleOptions): TestingModuleBuilder;
function createTestingModule(
  what: Class | DynamicModule | TestingModuleOptions,
  settings: SpoaApplicationSettings = {},
): TestingModuleBuilder {
  if (typeof what === 'function' || 'module' in what) return new TestingModuleBuilder(what, settings);
  const { module, settings: others } = moduleOf(what);
  return new TestingModuleBuilder(module, others);
}

/** A module of one's own for what is listed without one: HAProxy's side is described from modules. */
export function moduleOf({ imports = [], controllers = [], providers = [], ...settings }: TestingModuleOptions): {
  readonly module: DynamicModule;
  readonly settings: SpoaApplicationSettings;
} {
  return { module: { module: TestingModule, imports, controllers, providers }, settings };
}

class TestingModule {}

Module()(TestingModule);
