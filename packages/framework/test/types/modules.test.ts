import { expect, expectTypeOf, test } from 'vitest';
import {
  type Class,
  controllersOf,
  type DynamicModule,
  type FactoryProvider,
  Injectable,
  Module,
  type ModuleImport,
  type Provider,
  SpoaApplication,
} from '../../src/index.ts';

/*
 * What TypeScript makes of modules. These are checked by `tsc -p tsconfig.test.json`; what would throw is in functions that are
 * never called.
 */

@Module()
class AppModule {}

const dynamic: DynamicModule = { module: AppModule, providers: [{ provide: 'port', useValue: 1 }] };

test('an application is made of a module, of a dynamic one, or of what one would list', () => {
  expectTypeOf(SpoaApplication.create).toBeCallableWith(AppModule, { logger: false, maxFrameSize: 1000 });
  expectTypeOf(SpoaApplication.create).toBeCallableWith(dynamic);
  expectTypeOf(controllersOf).toBeCallableWith(dynamic);
  expect(dynamic).toBeDefined();
});

export function refused() {
  // @ts-expect-error: what a module lists stands in the module
  void SpoaApplication.create(AppModule, { providers: [] });
  // @ts-expect-error: controllers must be named
  void SpoaApplication.create({ providers: [] });
  // @ts-expect-error: a module has a class
  const nameless: DynamicModule = { providers: [] };
  // @ts-expect-error: no such scope
  Injectable({ scope: 'request' });
  // @ts-expect-error: no such list
  Module({ provider: [] });
  // @ts-expect-error: not a class
  Module({ imports: ['AppModule'] });
  return nameless;
}

test('what may be imported', () => {
  expectTypeOf<Class>().toExtend<ModuleImport>();
  expectTypeOf<DynamicModule>().toExtend<ModuleImport>();
  expectTypeOf<Promise<DynamicModule>>().toExtend<ModuleImport>();
  expectTypeOf<FactoryProvider>().toExtend<Provider>();
});
