import type { BootFault } from '../errors.ts';
import { hooksOf, strangeHooksOf } from '../lifecycle/hooks.ts';
import type { ModuleNode } from '../modules/module-node.ts';
import type { Visibility } from '../modules/visibility.ts';
import type { Dependency } from './dependencies.ts';
import { cycleFault } from './faults.ts';
import { classOf, isFactory } from './provider.ts';
import type { ProviderNode } from './provider-node.ts';
import { describeLifetime, narrower, PROVIDER_SCOPES } from './scope.ts';
import { describeToken, type Token } from './token.ts';

/** Finds what each provider needs, and with it how long it lives: nothing is made yet. */
export function linkProviders(modules: readonly ModuleNode[], visibility: Visibility): BootFault[] {
  const linker = new Linker(visibility);
  for (const { providers } of modules) for (const node of providers.values()) linker.link(node);
  return linker.faults;
}

class Linker {
  readonly faults: BootFault[] = [];
  readonly #visibility: Visibility;
  readonly #path: ProviderNode[] = [];
  readonly #states = new Map<ProviderNode, 'open' | 'done'>();

  constructor(visibility: Visibility) {
    this.#visibility = visibility;
  }

  link(node: ProviderNode): void {
    const state = this.#states.get(node);
    if (state === 'open') {
      const circle = this.#path.slice(this.#path.indexOf(node)).map(({ name }) => name);
      this.faults.push(cycleFault(circle, 'move what both need into a provider of its own'));
    }
    if (state !== undefined) return;
    this.#states.set(node, 'open');
    if (!Object.hasOwn(PROVIDER_SCOPES, node.scope)) this.faults.push(unknownScope(node));
    else if (node.scope !== 'transient') node.lifetime = node.scope;
    this.#path.push(node);
    node.needs = node.dependencies.map((dependency) => {
      const need = this.#find(node, dependency);
      if (need === undefined) return undefined;
      this.link(need);
      node.lifetime = narrower(node.lifetime, need.lifetime);
      return need;
    });
    this.#checkHooks(node);
    this.#path.pop();
    this.#states.set(node, 'done');
  }

  /** Hooks are called for what is there when the application begins and ends. */
  #checkHooks(node: ProviderNode): void {
    const prototype = classOf(node.provider)?.prototype as object | undefined;
    if (prototype === undefined) return;
    this.faults.push(...strangeHooksOf(prototype).map(({ name, hook }) => strangeHook(`${node.name}.${name}`, hook)));
    const [hook] = node.isMadeOnce ? [] : hooksOf(prototype);
    if (hook === undefined) return;
    const narrow = node.needs.find((need) => need !== undefined && need.lifetime === node.lifetime);
    const made = node.isShared ? describeLifetime(node.lifetime) : 'for each place that asks for it';
    const why = node.scope === 'singleton' && narrow !== undefined ? `, because it needs ${narrow.name}` : '';
    this.faults.push({
      code: 'SPOA_BOOT_SCOPE',
      where: `${node.name}.${hook}`,
      problem: `it would never be called: ${node.name} is made ${made}${why}`,
      remedy: 'move the hook to a provider that is made once',
    });
  }

  #find(node: ProviderNode, dependency: Dependency): ProviderNode | undefined {
    const { token, optional } = dependency;
    const found = token === undefined ? [] : this.#visibility.find(node.module, token);
    const where = `${node.name}, ${dependency.place}`;
    if (found.length > 1) this.faults.push(ambiguous(where, node.module, found));
    else if (token === undefined) this.faults.push(isFactory(node.provider) ? undefinedToken(where) : untyped(where));
    else if (found.length === 0 && !optional) this.faults.push(this.#missing(where, node.module, token));
    return found[0];
  }

  #missing(where: string, module: ModuleNode, token: Token): BootFault {
    const name = describeToken(token);
    const isInline = module.type === undefined;
    const problem = `nothing provides ${name}${isInline ? '' : ` in ${module.name}`}`;
    const owner = this.#visibility.anywhere(token).at(-1)?.module;
    const remedy =
      owner === undefined ? provide(name, module) : share(name, owner, module, owner.exported(token).size > 0);
    return { code: 'SPOA_BOOT_PROVIDER', where, problem, remedy };
  }
}

function provide(name: string, module: ModuleNode): string {
  return module.type === undefined
    ? `add ${name} to the providers`
    : `add ${name} to the providers of ${module.name}, or import a module that exports it`;
}

/** How a module comes to see what another one provides. */
function share(name: string, owner: ModuleNode, module: ModuleNode, isExported: boolean): string {
  if (owner.type === undefined) return `move ${name} into a module that ${module.name} imports`;
  const steps = [
    ...(isExported ? [] : [`export ${name} from ${owner.name}`]),
    ...(module.imports.includes(owner) ? [] : [`import ${owner.name} in ${module.name}`]),
  ];
  return steps.join(', and ');
}

function ambiguous(where: string, module: ModuleNode, found: readonly ProviderNode[]): BootFault {
  const name = found[0]?.name;
  const owners = found.map((node) => node.module.name).join(' and ');
  return {
    code: 'SPOA_BOOT_AMBIGUOUS',
    where,
    problem: `${owners} both give ${name} to ${module.name}`,
    remedy: `provide it in ${module.name} itself (useExisting), give one of them another token, or import one of them only`,
  };
}

function undefinedToken(where: string): BootFault {
  const remedy =
    'the file that declares it imports this one, perhaps by way of others: move what both need into a file of its own';
  return { code: 'SPOA_BOOT_PROVIDER', where, problem: 'it is undefined', remedy };
}

function strangeHook(where: string, hook: string): BootFault {
  const problem = 'it would never be called: that is its name in NestJS';
  return { code: 'SPOA_BOOT_HOOK', where, problem, remedy: `call it ${hook}` };
}

function untyped(where: string): BootFault {
  return {
    code: 'SPOA_BOOT_PROVIDER',
    where,
    problem:
      'its type names no class (an interface, a primitive, `import type`, a class that is declared later, or the class around it has no decorator)',
    remedy: 'decorate the class with @Injectable() and import the type as a value, or name a token with @Inject(token)',
  };
}

function unknownScope(node: ProviderNode): BootFault {
  return {
    code: 'SPOA_BOOT_SCOPE',
    where: node.name,
    problem: `there is no scope ${JSON.stringify(node.scope)}`,
    remedy: `use one of ${Object.keys(PROVIDER_SCOPES).join(', ')}`,
  };
}
