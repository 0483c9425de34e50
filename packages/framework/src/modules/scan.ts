import type { Class } from '../class.ts';
import { moduleOptionsOf } from '../decorators/module.ts';
import { cycleFault, factoryFault } from '../di/faults.ts';
import { type Provider, tokenOf } from '../di/provider.ts';
import { ProviderNode } from '../di/provider-node.ts';
import { describeToken, type Token } from '../di/token.ts';
import type { BootFault } from '../errors.ts';
import { controllerFault, exportedToken, exportFault, importFault, providerFault } from './entries.ts';
import { type DynamicModule, isDynamicModule, type ModuleMetadata } from './metadata.ts';
import { ModuleNode } from './module-node.ts';
import { Visibility } from './visibility.ts';

/** The module that an application begins with: a module, or one that is written where the application is made. */
export type RootModule = Class | DynamicModule | ModuleMetadata;

/** Classes that a module has made although it does not list them, where it sees no provider of them. */
export type Needed = (module: ModuleNode, isRoot: boolean) => readonly Class[];

/** Finds all modules of an application and what they list. */
export class ModuleScanner {
  readonly #overrides: ReadonlyMap<Token, Provider>;
  readonly #overridden = new Set<Token>();
  readonly #faults: BootFault[];
  readonly #nodes = new Map<Class | DynamicModule, ModuleNode>();

  /**
   * @param overrides what is put in the place of the provider of the same token, in whatever module it is
   * @param standIns more of them; whether they stand in for anything is somebody else's question
   */
  constructor(overrides: readonly Provider[], faults: BootFault[], standIns: readonly Provider[] = []) {
    this.#faults = faults;
    this.#overrides = new Map([
      ...standIns.map((provider): [Token, Provider] => [tokenOf(provider), provider]),
      ...overrides.flatMap((provider, i): [Token, Provider][] => {
        const fault = providerFault(provider, `SpoaApplication.create, overrides, entry ${i + 1}`);
        if (fault === undefined) return [[tokenOf(provider), provider]];
        faults.push(fault);
        return [];
      }),
    ]);
    for (const provider of standIns) this.#overridden.add(tokenOf(provider));
  }

  /** All modules, the root last: imported ones before those that import them, global ones and theirs before the rest. */
  async scan(root: RootModule, needed?: Needed): Promise<ModuleNode[]> {
    const node = await this.#scanRoot(root);
    const modules = node === undefined ? [] : this.#inOrder(node);
    if (needed !== undefined) this.#provideNeeded(modules, needed);
    for (const token of this.#overrides.keys()) {
      if (this.#overridden.has(token)) continue;
      const where = `SpoaApplication.create, overrides, ${describeToken(token)}`;
      const problem = `nothing provides ${describeToken(token)}`;
      this.#faults.push({ code: 'SPOA_BOOT_PROVIDER', where, problem, remedy: 'name the token of a provider' });
    }
    return modules;
  }

  #inOrder(root: ModuleNode): ModuleNode[] {
    return inOrder(
      [...this.#nodes.values()].filter(({ isGlobal }) => isGlobal),
      root,
    );
  }

  #provideNeeded(modules: readonly ModuleNode[], needed: Needed): void {
    const visibility = new Visibility(modules);
    for (const module of modules) {
      for (const target of needed(module, module === modules.at(-1))) {
        if (visibility.find(module, target).length === 0) this.#add(module, target);
      }
    }
  }

  async #scanRoot(root: RootModule): Promise<ModuleNode | undefined> {
    if (typeof root !== 'function' && !isDynamicModule(root)) {
      const node = new ModuleNode(undefined, false);
      await this.#fill(node, [root], []);
      return node;
    }
    const fault = importFault(root, 'SpoaApplication.create');
    if (fault === undefined) return this.#module(root, []);
    this.#faults.push(fault);
    return undefined;
  }

  async #module(source: Class | DynamicModule, path: readonly ModuleNode[]): Promise<ModuleNode> {
    const known = this.#nodes.get(source);
    if (known !== undefined) return known;
    const isDynamic = typeof source !== 'function';
    const type = isDynamic ? source.module : source;
    const options = moduleOptionsOf(type) ?? {};
    const isGlobal = (isDynamic ? source.global : undefined) ?? options.global ?? false;
    const node = new ModuleNode(type, isGlobal);
    this.#nodes.set(source, node);
    await this.#fill(node, isDynamic ? [options, source] : [options], path);
    return node;
  }

  async #fill(node: ModuleNode, layers: readonly ModuleMetadata[], path: readonly ModuleNode[]): Promise<void> {
    for (const layer of layers) await this.#import(node, layer, [...path, node]);
    for (const layer of layers) this.#provide(node, layer);
    for (const layer of layers) this.#control(node, layer);
    if (node.type !== undefined) this.#add(node, node.type);
    for (const layer of layers) this.#export(node, layer);
  }

  async #import(node: ModuleNode, { imports = [] }: ModuleMetadata, path: readonly ModuleNode[]): Promise<void> {
    // Together: a promise that fails while another is waited for would end the process.
    const entries = await Promise.allSettled(imports);
    for (const [i, entry] of entries.entries()) {
      const where = node.place('imports', i);
      const fault = entry.status === 'rejected' ? factoryFault(where, entry.reason) : importFault(entry.value, where);
      if (fault !== undefined) this.#faults.push(fault);
      else {
        const { value } = entry as PromiseFulfilledResult<Class | DynamicModule>;
        const imported = await this.#module(value, path);
        if (path.includes(imported)) {
          const circle = path.slice(path.indexOf(imported)).map(({ name }) => name);
          this.#faults.push(cycleFault(circle, 'move what both need into a module of its own'));
        }
        if (!node.imports.includes(imported)) node.imports.push(imported);
      }
    }
  }

  #provide(node: ModuleNode, { providers = [] }: ModuleMetadata): void {
    const positions = new Map<Token, number>();
    for (const [i, provider] of providers.entries()) {
      const where = node.place('providers', i);
      const fault = providerFault(provider, where);
      if (fault !== undefined) {
        this.#faults.push(fault);
        continue;
      }
      const token = tokenOf(provider);
      const earlier = positions.get(token);
      if (earlier === undefined) this.#add(node, provider);
      else this.#faults.push(providedTwice(where, token, earlier));
      positions.set(token, earlier ?? i);
    }
  }

  #control(node: ModuleNode, { controllers = [] }: ModuleMetadata): void {
    for (const [i, controller] of controllers.entries()) {
      const fault = controllerFault(controller, node.place('controllers', i));
      if (fault !== undefined) this.#faults.push(fault);
      else node.controllers.push(controller);
      // A provider may stand for a controller.
      if (typeof controller === 'function' && !node.providers.has(controller)) this.#add(node, controller);
    }
  }

  #add(node: ModuleNode, provider: Provider): void {
    const token = tokenOf(provider);
    const override = this.#overrides.get(token);
    if (override !== undefined) this.#overridden.add(token);
    node.providers.set(token, new ProviderNode(override ?? provider, node));
  }

  #export(node: ModuleNode, { exports = [] }: ModuleMetadata): void {
    for (const [i, entry] of exports.entries()) {
      const where = node.place('exports', i);
      const token = exportedToken(entry) as Token | undefined;
      const passed = node.imports.filter(
        (one) => one.type === entry || one === this.#nodes.get(entry as DynamicModule),
      );
      for (const module of passed) node.exportedModules.add(module);
      if (passed.length > 0) continue;
      if (isDynamicModule(entry) || (typeof token === 'function' && isModuleClass(token))) {
        this.#faults.push(notImported(where, isDynamicModule(entry) ? entry.module : token, node));
      } else if (token === undefined) this.#faults.push(exportFault(entry, where));
      else if (node.providers.has(token)) node.exports.add(token);
      else this.#faults.push(notProvided(where, token, node));
    }
  }
}

function isModuleClass(target: object): boolean {
  return moduleOptionsOf(target as Class) !== undefined;
}

function inOrder(globals: readonly ModuleNode[], root: ModuleNode): ModuleNode[] {
  const seen = new Set<ModuleNode>();
  const ordered: ModuleNode[] = [];
  const visit = (node: ModuleNode): void => {
    if (seen.has(node)) return;
    seen.add(node);
    for (const imported of node.imports) visit(imported);
    ordered.push(node);
  };
  for (const node of [...globals, root]) visit(node);
  return ordered;
}

function providedTwice(where: string, token: Token, earlier: number): BootFault {
  const problem = `entry ${earlier + 1} provides ${describeToken(token)} already`;
  return { code: 'SPOA_BOOT_PROVIDER_TWICE', where, problem, remedy: 'drop one of them' };
}

function notImported(where: string, module: unknown, node: ModuleNode): BootFault {
  const name = describeToken(module);
  const problem = `${node.name} does not import ${name}`;
  return { code: 'SPOA_BOOT_EXPORT', where, problem, remedy: `import ${name}, or take it off the exports` };
}

function notProvided(where: string, token: Token, node: ModuleNode): BootFault {
  const name = describeToken(token);
  const owner = node.imports.find((module) => module.exported(token).size > 0);
  const remedy =
    owner === undefined
      ? `add ${name} to the providers of ${node.name}, or take it off the exports`
      : `export ${owner.name}, which provides it`;
  return { code: 'SPOA_BOOT_EXPORT', where, problem: `${node.name} does not provide ${name}`, remedy };
}
