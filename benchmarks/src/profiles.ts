import type { PayloadName } from './load/payload.ts';

/** What the generator does to a contender. */
export interface Load {
  /** NOTIFYs unanswered on each connection. */
  readonly window: number;
  readonly connections: number;
  readonly payload: PayloadName;
  readonly message?: string;
  /** An open loop of so many NOTIFYs a second. */
  readonly rate?: number;
  /** Bytes of the body of payload `big`. */
  readonly size?: number;
  /** Arguments of payload `many`. */
  readonly args?: number;
  /** What is announced to the agent, `pipelining` where nothing is said. */
  readonly capabilities?: string;
  /** The warm-up at least, in seconds: Node compiles by the number of calls, and in an open loop they come slowly. */
  readonly warmup?: number;
  /** Patience with the last answers, in seconds. */
  readonly drain?: number;
}

export interface Profile {
  readonly name: string;
  readonly load: Load;
}

/** Named payload, window x connections. */
export const PROFILES: readonly Profile[] = [
  { name: 'ip-1x1', load: { payload: 'ip', window: 1, connections: 1 } },
  { name: 'ip-1x32', load: { payload: 'ip', window: 1, connections: 32 } },
  { name: 'ip-16x32', load: { payload: 'ip', window: 16, connections: 32 } },
  { name: 'ip-64x4', load: { payload: 'ip', window: 64, connections: 4 } },
  { name: 'waf-three-16x32', load: { payload: 'waf', message: 'waf-three', window: 16, connections: 32 } },
  { name: 'waf-all-16x32', load: { payload: 'waf', message: 'waf-all', window: 16, connections: 32 } },
  { name: 'big-4x8', load: { payload: 'big', message: 'big-body', window: 4, connections: 8 } },
  { name: 'open-20k', load: { payload: 'ip', window: 64, connections: 8, rate: 20_000, warmup: 4 } },
];
