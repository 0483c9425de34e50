/** The HAProxy versions that configurations are made for and checked against: its long-term lines, oldest first. */
export const HAPROXY_VERSIONS = ['2.6', '3.0', '3.2', '3.4'] as const;

/** One of {@link HAPROXY_VERSIONS}. */
export type HaproxyVersion = (typeof HAPROXY_VERSIONS)[number];

/**
 * Whether this version has the multiplexer of 3.1, which brought `mode spop` and made much of the agent section meaningless.
 * Before it an applet spoke SPOP.
 */
export function hasMultiplexer(version: HaproxyVersion): boolean {
  return version !== '2.6' && version !== '3.0';
}
