import { container, type DependencyContainer, type InjectionToken } from 'tsyringe';
import type { Class } from '../class.ts';
import type { BootFault } from '../errors.ts';
import { dependenciesOf } from './dependencies.ts';
import { type Provider, tokenOf } from './provider.ts';
import { describeToken, type Token } from './token.ts';

/** Something that was made and how it ends. */
interface Made {
  readonly token: Token;
  dispose(): unknown;
}

/**
 * Our port to the container (tsyringe). It makes everything once, at boot, in the order of need, so that nothing is looked up
 * later; awaits factories, which tsyringe cannot; and disposes in the reverse order, all of it, whatever fails.
 */
export class Injector {
  readonly #container: DependencyContainer = container.createChildContainer();
  readonly #providers = new Map<Token, Provider>();
  readonly #done = new Set<Token>();
  readonly #made: Made[] = [];
  readonly faults: BootFault[] = [];

  constructor(providers: readonly Provider[]) {
    for (const provider of providers) this.#providers.set(tokenOf(provider), provider);
  }

  /** Finds all providers that are missing or need each other, without making anything. */
  verify(): void {
    const state = new Map<Token, 'open' | 'done'>();
    for (const token of this.#providers.keys()) this.#verify(token, [], state);
  }

  #verify(token: Token, path: readonly Token[], state: Map<Token, 'open' | 'done'>): void {
    if (state.get(token) === 'done') return;
    if (state.get(token) === 'open') {
      const cycle = [...path.slice(path.indexOf(token)), token].map(describeToken).join(' -> ');
      this.faults.push({
        code: 'SPOA_BOOT_CYCLE',
        where: describeToken(token),
        problem: `it needs itself: ${cycle}`,
        remedy: 'move what both need into a provider of its own',
      });
      return;
    }
    state.set(token, 'open');
    const provider = this.#providers.get(token) as Provider;
    for (const [i, dependency] of dependenciesOf(provider).entries()) {
      if (dependency !== undefined && this.#providers.has(dependency))
        this.#verify(dependency, [...path, token], state);
      else this.faults.push(unresolved(provider, i, dependency));
    }
    state.set(token, 'done');
  }

  /** Makes everything. Only after `verify` found nothing. */
  async make(): Promise<void> {
    for (const token of this.#providers.keys()) await this.#make(token);
  }

  async #make(token: Token): Promise<void> {
    if (this.#done.has(token)) return;
    this.#done.add(token);
    const provider = this.#providers.get(token) as Provider;
    for (const dependency of dependenciesOf(provider)) await this.#make(dependency as Token);
    try {
      const made = this.#instantiate(provider);
      // Only a factory may take its time: a value or an instance that has a `then` is what was asked for.
      const instance = isFactory(provider) ? await made : made;
      // A factory again, for tsyringe takes a value of null or undefined for none.
      this.#container.register(token as InjectionToken, { useFactory: () => instance });
      if (isOwned(provider)) this.#made.push({ token, dispose: disposer(provider, instance) });
    } catch (cause) {
      this.faults.push({
        code: 'SPOA_BOOT_FACTORY',
        where: describeToken(token),
        problem: `it could not be made: ${cause instanceof Error ? cause.message : String(cause)}`,
        remedy: 'see the cause',
        cause,
      });
      throw cause;
    }
  }

  #instantiate(provider: Provider): unknown {
    if (typeof provider === 'function') return this.#construct(provider);
    if ('useClass' in provider) return this.#construct(provider.useClass);
    if ('useValue' in provider) return provider.useValue;
    if ('useExisting' in provider) return this.get(provider.useExisting);
    return provider.useFactory(...(provider.inject ?? []).map((token) => this.get(token)));
  }

  /**
   * With what `verify` has seen. tsyringe would take the instance that is registered for the class, in this container or in its
   * global one, and gives a class without decorator that extends another no arguments.
   */
  #construct(target: Class): unknown {
    return new target(...dependenciesOf(target).map((token) => this.get(token as Token)));
  }

  /** What a token stands for. Only after `make`. */
  get<T>(token: Token<T>): T {
    return this.#container.resolve(token as InjectionToken<T>);
  }

  has(token: Token): boolean {
    return this.#providers.has(token);
  }

  /** Ends everything in the reverse order. Returns what failed. */
  async dispose(): Promise<{ token: string; error: unknown }[]> {
    const failures: { token: string; error: unknown }[] = [];
    for (const { token, dispose } of this.#made.reverse()) {
      try {
        await dispose();
      } catch (error) {
        failures.push({ token: describeToken(token), error });
      }
    }
    this.#made.length = 0;
    return failures;
  }
}

type Factory = Extract<Provider, { useFactory: unknown }>;

function isFactory(provider: Provider): provider is Factory {
  return typeof provider !== 'function' && 'useFactory' in provider;
}

/** A value was made elsewhere and an alias is somebody else: neither is ours to end. */
function isOwned(provider: Provider): boolean {
  return typeof provider === 'function' || 'useClass' in provider || 'useFactory' in provider;
}

function disposer(provider: Provider, instance: unknown): () => unknown {
  if (isFactory(provider) && provider.dispose !== undefined) {
    const { dispose } = provider;
    return () => dispose(instance);
  }
  const disposable = instance as Partial<AsyncDisposable & Disposable> | null | undefined;
  return () => (disposable?.[Symbol.asyncDispose] ?? disposable?.[Symbol.dispose])?.call(disposable);
}

function unresolved(provider: Provider, position: number, dependency: Token | undefined): BootFault {
  const name = describeToken(tokenOf(provider));
  const where = `${name}, ${describePlace(provider, position)}`;
  if (dependency !== undefined) {
    return {
      code: 'SPOA_BOOT_PROVIDER',
      where,
      problem: `nothing provides ${describeToken(dependency)}`,
      remedy: `add ${describeToken(dependency)} to the providers`,
    };
  }
  return {
    code: 'SPOA_BOOT_PROVIDER',
    where,
    problem:
      'its type names no class (an interface, a primitive, `import type`, a class that is declared later, or the class around it has no decorator)',
    remedy: 'decorate the class with @Injectable() and import the type as a value, or name a token with @Inject(token)',
  };
}

function describePlace(provider: Provider, position: number): string {
  if (isFactory(provider)) return `inject, entry ${position + 1}`;
  if (typeof provider !== 'function' && 'useExisting' in provider) return 'useExisting';
  return `constructor parameter ${position + 1}`;
}
