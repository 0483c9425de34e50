import { type DynamicModule, type FactoryProvider, Inject, Injectable, Module } from '@spoa/framework';

export interface DatabaseOptions {
  readonly url: string;
}

/** Interfaces have no class to ask by: a symbol or a text names them. */
export const DATABASE_OPTIONS = Symbol('DATABASE_OPTIONS');

@Injectable()
export class Database implements AsyncDisposable {
  constructor(@Inject(DATABASE_OPTIONS) readonly options: DatabaseOptions) {}

  async score(_address: string): Promise<number> {
    return this.options.url.length;
  }

  /** Called when the application closes, after everything that uses the database. */
  async [Symbol.asyncDispose](): Promise<void> {}
}

@Module({ providers: [Database], exports: [Database] })
export class DatabaseModule {
  static forRoot(options: DatabaseOptions): DynamicModule {
    return { module: DatabaseModule, providers: [{ provide: DATABASE_OPTIONS, useValue: options }] };
  }

  /** As forRoot, with options that are made of other providers, or that take their time. */
  static forRootAsync({ imports = [], inject = [], useFactory }: DatabaseAsyncOptions): DynamicModule {
    return { module: DatabaseModule, imports, providers: [{ provide: DATABASE_OPTIONS, inject, useFactory }] };
  }
}

type DatabaseAsyncOptions = Pick<DynamicModule, 'imports'> & Pick<FactoryProvider, 'inject' | 'useFactory'>;
