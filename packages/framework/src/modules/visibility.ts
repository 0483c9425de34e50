import type { ProviderNode } from '../di/provider-node.ts';
import type { Token } from '../di/token.ts';
import type { ModuleNode } from './module-node.ts';

/** Finds what a token stands for in a module: its own provider, else what it imports, else what global modules export. */
export class Visibility {
  readonly #modules: readonly ModuleNode[];
  readonly #globals: readonly ModuleNode[];

  constructor(modules: readonly ModuleNode[]) {
    this.#modules = modules;
    this.#globals = modules.filter(({ isGlobal }) => isGlobal);
  }

  /** More than one where modules that are equally near do not agree, none where nothing provides it. */
  find(module: ModuleNode, token: Token): readonly ProviderNode[] {
    const own = module.providers.get(token);
    if (own !== undefined) return [own];
    const imported = exportedBy(module.imports, token);
    return imported.length > 0 ? imported : exportedBy(this.#globals, token);
  }

  /** All providers of a token, whoever may see them. */
  anywhere(token: Token): readonly ProviderNode[] {
    return this.#modules.flatMap(({ providers }) => providers.get(token) ?? []);
  }
}

function exportedBy(modules: readonly ModuleNode[], token: Token): ProviderNode[] {
  return [...new Set(modules.flatMap((module) => [...module.exported(token)]))];
}
