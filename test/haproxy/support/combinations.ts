import { HAPROXY_VERSIONS, type HaproxyVersion } from '@spoa/testing';
import { describe } from 'vitest';

/** How HAProxy reaches the agent. */
export type Transport = 'tcp' | 'unix';

/** One cell of the matrix. */
export interface Combination {
  readonly line: HaproxyVersion;
  readonly transport: Transport;
  /** Whether a connection carries several NOTIFYs at once: `option pipelining` of the `spoe-agent` section. */
  readonly pipelining: boolean;
}

/** Every line, over both transports, with and without pipelining. */
const COMBINATIONS: readonly Combination[] = HAPROXY_VERSIONS.flatMap((line) =>
  (['tcp', 'unix'] as const).flatMap((transport) =>
    [true, false].map((pipelining) => ({ line, transport, pipelining })),
  ),
);

/** A `describe` block for every cell of the matrix, such as `HAProxy 3.2, unix, no pipelining`. */
export function describeCombinations(body: (combination: Combination) => void): void {
  const titled = COMBINATIONS.map((combination) => [titleOf(combination), combination] as const);
  describe.each(titled)('%s', (_, combination) => body(combination));
}

function titleOf({ line, transport, pipelining }: Combination): string {
  return `HAProxy ${line}, ${transport}, ${pipelining ? 'pipelining' : 'no pipelining'}`;
}

/**
 * Whether this line has the SPOP multiplexer that came with 3.1. Before it, an applet spoke SPOP: it numbered streams and
 * frames otherwise, fragmented, and said goodbye.
 */
export function hasMultiplexer(line: HaproxyVersion): boolean {
  return line !== '2.6' && line !== '3.0';
}
