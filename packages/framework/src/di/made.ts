import { disposerOf } from './provider.ts';
import type { ProviderNode } from './provider-node.ts';

/** Something that was made, or given as a value, and how it ends. */
export interface Made {
  readonly node: ProviderNode;
  readonly instance: unknown;
  readonly dispose: (() => unknown) | undefined;
}

export function made(node: ProviderNode, instance: unknown): Made {
  return { node, instance, dispose: disposerOf(node.provider, instance) };
}

/** What could not be ended, and why. */
export interface DisposeFailure {
  readonly provider: string;
  readonly error: unknown;
}

/** Ends all of it, the last first, whatever fails. */
export async function disposeAll(all: readonly Made[]): Promise<DisposeFailure[]> {
  const failures: DisposeFailure[] = [];
  for (const { node, dispose } of all.toReversed()) {
    try {
      await dispose?.();
    } catch (error) {
      failures.push({ provider: node.name, error });
    }
  }
  return failures;
}
