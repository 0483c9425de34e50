import { scopeOf } from '../decorators/injection.ts';
import type { ModuleNode } from '../modules/module-node.ts';
import { type Dependency, dependenciesOf } from './dependencies.ts';
import { classOf, type Provider, tokenOf } from './provider.ts';
import type { Lifetime, ProviderScope } from './scope.ts';
import { describeToken, type Token } from './token.ts';

/** A provider in its module, and what it is made of. */
export class ProviderNode {
  readonly token: Token;
  readonly provider: Provider;
  readonly module: ModuleNode;
  readonly dependencies: readonly Dependency[];
  /** What stands for each dependency, once the graph is linked; `undefined` for one that may be absent, and is. */
  needs: readonly (ProviderNode | undefined)[] = [];
  /** How long an instance lives: its own scope, or that of what it needs where it is narrower. Known once the graph is linked. */
  lifetime: Lifetime = 'singleton';

  constructor(provider: Provider, module: ModuleNode) {
    this.token = tokenOf(provider);
    this.provider = provider;
    this.module = module;
    this.dependencies = dependenciesOf(provider);
  }

  /** The scope that was asked for. */
  get scope(): ProviderScope {
    const { provider } = this;
    const given = typeof provider !== 'function' && 'scope' in provider ? provider.scope : undefined;
    const target = classOf(provider);
    return given ?? (target && scopeOf(target)) ?? 'singleton';
  }

  /** Whether all who ask within a lifetime get the same instance. */
  get isShared(): boolean {
    return this.scope !== 'transient';
  }

  /** Whether there is one instance for the whole application. */
  get isMadeOnce(): boolean {
    const { lifetime, isShared } = this.target;
    return lifetime === 'singleton' && isShared;
  }

  /** Itself, or what it is another name for. Once the graph is linked. */
  get target(): ProviderNode {
    const { provider } = this;
    const isAlias = typeof provider !== 'function' && 'useExisting' in provider;
    return isAlias ? (this.needs[0] as ProviderNode).target : this;
  }

  /** For faults and logs: `ReputationService`, `"port"`. */
  get name(): string {
    return describeToken(this.token);
  }
}
