import type { Class, FactoryProvider, Injection, Provider, Token } from '@spoa/framework';

/** A stand-in may lack what the test does not need; what has no type may be anything. */
export type StandIn<T> = unknown extends T ? unknown : T extends object ? Partial<T> : T;

/** A factory of a stand-in and what it asks for. `useFactory` is another name for `factory`. */
export type StandInFactory = {
  readonly inject?: readonly Injection[];
} & ({ readonly factory: FactoryProvider['useFactory'] } | { readonly useFactory: FactoryProvider['useFactory'] });

/** In which way something is replaced. */
export class OverrideBy<T, Builder> {
  readonly #token: Token;
  readonly #override: (provider: Provider) => Builder;

  /** @internal */
  constructor(token: Token, override: (provider: Provider) => Builder) {
    this.#token = token;
    this.#override = override;
  }

  /** Its lifecycle hooks are called, and it is never disposed. */
  useValue(value: StandIn<T>): Builder {
    return this.#override({ provide: this.#token, useValue: value });
  }

  /** Made with what its constructor asks for. */
  useClass(target: Class): Builder {
    return this.#override({ provide: this.#token, useClass: target });
  }

  /** What the factory returns or resolves to. */
  useFactory(factory: StandInFactory | FactoryProvider['useFactory']): Builder {
    const given = typeof factory === 'function' ? { factory } : factory;
    const { inject = [] } = given as StandInFactory;
    const useFactory = 'factory' in given ? given.factory : given.useFactory;
    return this.#override({ provide: this.#token, useFactory, inject });
  }

  /** Another provider, by its token. */
  useExisting(token: Token): Builder {
    return this.#override({ provide: this.#token, useExisting: token });
  }
}
