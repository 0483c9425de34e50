import { type Contender, floorInC, type NodeBinary, ourAgent } from './contenders.ts';
import type { Generator } from './generator.ts';

/** What all suites are given. */
export interface Bench {
  readonly generator: Generator;
  /** The file of `spopecho`, where there is one. */
  readonly spopecho: string | undefined;
  /** One at least. */
  readonly nodes: readonly NodeBinary[];
  readonly rounds: number;
  /** Names of profiles and kinds of agents; empty: all. */
  readonly profiles: readonly string[];
  readonly agents: readonly string[];
  /** Length of the measurements that are to be long, in seconds. */
  readonly longSeconds: number;
  progress(text: string): void;
}

/** The files that a suite makes: their names and what is in them. */
export interface Report {
  /** Tables and words in Markdown. */
  readonly markdown: string;
  /** Everything that was measured. */
  readonly raw: object;
  /** Plots by file name. */
  readonly plots?: Readonly<Record<string, string>>;
  /** Answers that were wrong or missing. */
  readonly errors: number;
}

/** The floor, then the agents on each Node. Without `spopecho` the floor is `net` on the first Node. */
export function contendersOf(bench: Bench, kinds: readonly string[], nodes: readonly NodeBinary[]): Contender[] {
  const wanted = kinds.filter((kind) => bench.agents.length === 0 || bench.agents.includes(kind));
  const [first] = nodes as [NodeBinary];
  const floor = bench.spopecho === undefined ? ourAgent('net', first) : floorInC(bench.spopecho);
  const agents = nodes.flatMap((node) => wanted.map((kind) => ourAgent(kind, node)));
  return [floor, ...agents.filter(({ label }) => label !== floor.label)];
}
