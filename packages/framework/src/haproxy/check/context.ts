import type { AgentDescription } from '../description.ts';
import type { SpoeEngine } from '../spoe/engine.ts';
import type { Proxies, SpoeFilter } from '../spoe/proxies.ts';
import type { HaproxyVersion } from '../versions.ts';
import type { HaproxyFinding } from './findings.ts';

/** What every check looks at: one engine, and everything around it. */
export interface CheckContext {
  readonly description: AgentDescription;
  readonly version: HaproxyVersion;
  readonly engine: SpoeEngine;
  /** Those that lead to the engine: one at least. */
  readonly filters: readonly SpoeFilter[];
  readonly proxies: Proxies;
}

/** Looks for one kind of mistake. */
export type Check = (context: CheckContext) => HaproxyFinding[];
