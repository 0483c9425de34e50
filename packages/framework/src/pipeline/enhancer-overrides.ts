import type { Class } from '../class.ts';
import { type Provider, tokenOf } from '../di/provider.ts';
import { describeToken } from '../di/token.ts';
import type { BootFault } from '../errors.ts';
import { nameOf } from '../metadata.ts';
import { providerFault } from '../modules/entries.ts';
import { ENHANCER_KINDS, type EnhancerKind, isSchema } from './enhancer.ts';
import { classOfUse, type Use } from './uses.ts';

/** By kind: what is put in the place of guards and the like of the same class. */
export type EnhancerOverrides = { readonly [kind in EnhancerKind]?: readonly Provider[] };

interface Override {
  readonly kind: EnhancerKind;
  readonly provider: Provider;
}

/** Puts other guards and the like in the place of those that an application uses. */
export class EnhancerReplacements {
  readonly #overrides: readonly Override[];

  /** @param faults gets what is wrong with the overrides themselves */
  constructor(overrides: EnhancerOverrides, faults: BootFault[]) {
    this.#overrides = ENHANCER_KINDS.flatMap((kind) =>
      (overrides[kind] ?? []).flatMap((provider, i): Override[] => {
        const fault = providerFault(provider, `${PLACE}.${kind}, entry ${i + 1}`);
        if (fault !== undefined) faults.push(fault);
        return fault === undefined ? [{ kind, provider }] : [];
      }),
    );
  }

  /** Stand-ins, by the token that is the class they stand for. */
  get providers(): readonly Provider[] {
    return this.#overrides.map(({ provider }) => provider);
  }

  /** An instance whose class is overridden is listed as its class: then the provider of that name stands in. */
  readonly replace = (use: Use): Use => {
    const { kind, entry } = use;
    if (typeof entry !== 'object' || entry === null || isSchema(entry)) return use;
    const isReplaced = this.#overrides.some((one) => one.kind === kind && tokenOf(one.provider) === entry.constructor);
    return isReplaced ? { ...use, entry: entry.constructor } : use;
  };

  /** An override of what is used nowhere would do nothing, and nobody would know. */
  unused(uses: readonly Use[]): BootFault[] {
    return this.#overrides.flatMap(({ kind, provider }): BootFault[] => {
      const used = uses.filter((use) => use.kind === kind).map(classOfReplaceable);
      const token = tokenOf(provider);
      if (used.includes(token as Class)) return [];
      const name = describeToken(token);
      const known = [...new Set(used.flatMap((one) => (one === undefined ? [] : nameOf(one))))];
      const remedy = known.length > 0 ? `name one of ${known.join(', ')}` : `none is listed, so drop it`;
      const problem = `nothing lists ${name} among the ${kind}`;
      return [{ code: 'SPOA_BOOT_PROVIDER', where: `${PLACE}.${kind}, ${name}`, problem, remedy }];
    });
  }
}

const PLACE = 'SpoaApplication.create, enhancerOverrides';

/** The class that an override names: an instance's own, for one that is listed as an instance. */
function classOfReplaceable(use: Use): Class | undefined {
  const { entry } = use;
  const listed = classOfUse(use);
  if (listed !== undefined || typeof entry !== 'object' || entry === null || isSchema(entry)) return listed;
  return entry.constructor === Object ? undefined : (entry.constructor as Class);
}
