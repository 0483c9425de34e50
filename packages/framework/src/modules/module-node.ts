import type { Class } from '../class.ts';
import type { ProviderNode } from '../di/provider-node.ts';
import type { Token } from '../di/token.ts';
import { nameOf } from '../metadata.ts';
import type { DefinedMessage } from '../routing/define-message.ts';
import type { ModuleMetadata } from './metadata.ts';

/** A module of one application: an instance of its own for each dynamic module. */
export class ModuleNode {
  /** `undefined` for the one that is written into `SpoaApplication.create`. */
  readonly type: Class | undefined;
  readonly isGlobal: boolean;
  readonly imports: ModuleNode[] = [];
  readonly controllers: (Class | DefinedMessage)[] = [];
  /** By token: the providers, the controller classes and the class of the module itself. */
  readonly providers = new Map<Token, ProviderNode>();
  /** The tokens of own providers that importers see, and the imported modules whose exports they see too. */
  readonly exports = new Set<Token>();
  readonly exportedModules = new Set<ModuleNode>();

  constructor(type: Class | undefined, isGlobal: boolean) {
    this.type = type;
    this.isGlobal = isGlobal;
  }

  /** `CatsModule`, or `the application`. */
  get name(): string {
    return this.type === undefined ? 'the application' : nameOf(this.type);
  }

  /** Where an entry of one of its lists stands: `CatsModule, imports, entry 2`. */
  place(list: keyof ModuleMetadata, position: number): string {
    const where = this.type === undefined ? 'SpoaApplication.create' : this.name;
    return `${where}, ${list}, entry ${position + 1}`;
  }

  /** What importers get for a token: more than one where modules are passed on that do not agree. */
  exported(token: Token, passed: ReadonlySet<ModuleNode> = new Set()): ReadonlySet<ProviderNode> {
    const own = this.exports.has(token) ? this.providers.get(token) : undefined;
    if (own !== undefined) return new Set([own]);
    const found = new Set<ProviderNode>();
    if (passed.has(this)) return found;
    const path = new Set([...passed, this]);
    for (const module of this.exportedModules) for (const node of module.exported(token, path)) found.add(node);
    return found;
  }
}
