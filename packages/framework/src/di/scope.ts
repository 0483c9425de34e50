/** Who shares an instance. */
export const PROVIDER_SCOPES = {
  singleton: 'one for the application',
  connection: 'one for each connection of HAProxy',
  message: 'one for each NOTIFY',
  transient: 'one for each place that asks for it',
} as const satisfies Record<string, string>;

/** Who shares an instance. What depends on a narrower scope becomes as narrow itself. */
export type ProviderScope = keyof typeof PROVIDER_SCOPES;

/** How long what is made lives. A transient one lives as long as the one that it was made for. */
export type Lifetime = Exclude<ProviderScope, 'transient'>;

const LONGEST_FIRST: readonly Lifetime[] = ['singleton', 'connection', 'message'];

/** The shorter of two lifetimes. */
export function narrower(a: Lifetime, b: Lifetime): Lifetime {
  return LONGEST_FIRST.indexOf(a) < LONGEST_FIRST.indexOf(b) ? b : a;
}

/** In words, for the end of a sentence. */
export function describeLifetime(lifetime: Lifetime): string {
  return { singleton: 'once', connection: 'for each connection', message: 'for each NOTIFY' }[lifetime];
}
