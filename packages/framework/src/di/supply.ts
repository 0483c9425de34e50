import { isThenable } from '@spoa/core';
import type { Injector } from './injector.ts';
import { type InstanceScope, Pending } from './instance-scope.ts';
import { instantiate, isFactory } from './provider.ts';
import type { ProviderNode } from './provider-node.ts';

/** Gives an instance within a scope, or a `Pending`. */
export type Supply = (scope: InstanceScope) => unknown;

/** Makes, once, at boot, the functions that make instances for a NOTIFY or a connection: nothing is looked up then. */
export class Supplies {
  readonly #injector: Injector;
  readonly #known = new Map<ProviderNode, Supply>();

  constructor(injector: Injector) {
    this.#injector = injector;
  }

  of({ target }: ProviderNode): Supply {
    let supply = this.#known.get(target);
    if (supply === undefined) {
      supply = this.#compile(target);
      this.#known.set(target, supply);
    }
    return supply;
  }

  #compile(node: ProviderNode): Supply {
    if (node.isMadeOnce) {
      const instance = this.#injector.get(node);
      return () => instance;
    }
    const make = maker(
      node,
      node.needs.map((need) => (need === undefined ? () => undefined : this.of(need))),
    );
    if (!node.isShared) return make;
    if (node.lifetime === 'connection') return (scope) => scope.connection().once(node, make);
    return (scope) => scope.once(node, make);
  }
}

/** Makes a new instance each time. What depends on something that is pending is pending itself. */
function maker(node: ProviderNode, needs: readonly Supply[]): Supply {
  const { provider } = node;
  const mayTakeTime = isFactory(provider);
  const build = (scope: InstanceScope, dependencies: readonly unknown[]): unknown => {
    const created = instantiate(provider, dependencies);
    if (mayTakeTime && isThenable(created)) return new Pending(arrive(scope, node, created));
    scope.own(node, created);
    return created;
  };
  return (scope) => {
    const dependencies = new Array<unknown>(needs.length);
    let isPending = false;
    for (let i = 0; i < needs.length; i++) {
      const dependency = (needs[i] as Supply)(scope);
      dependencies[i] = dependency;
      if (dependency instanceof Pending) isPending = true;
    }
    if (!isPending) return build(scope, dependencies);
    return new Pending(
      Promise.all(dependencies.map(boxed)).then((boxes) => {
        const built = build(
          scope,
          boxes.map(({ instance }) => instance),
        );
        return boxed(built);
      }),
    );
  };
}

type Box = { readonly instance: unknown };

async function arrive(scope: InstanceScope, node: ProviderNode, created: PromiseLike<unknown>): Promise<Box> {
  const instance = await created;
  scope.own(node, instance);
  return { instance };
}

function boxed(supplied: unknown): Box | Promise<Box> {
  return supplied instanceof Pending ? supplied.promise : { instance: supplied };
}
