import type { Measurement } from '../generator.ts';

/** The share of a processor that other programs and the hypervisor took during a measurement. */
export function disturbanceOf({ other_cpu_s, steal_s, seconds }: Measurement): number {
  return (other_cpu_s + steal_s) / seconds;
}

/** How quiet the machine was, for below a table. @param shares those of {@link disturbanceOf} */
export function disturbanceText(shares: readonly number[]): string {
  const most = Math.max(0, ...shares);
  return `Other programs and the hypervisor took at most ${(most * 100).toFixed(0)} % of a processor during a measurement.`;
}
